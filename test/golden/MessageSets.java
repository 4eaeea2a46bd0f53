/**
 * Makes `message-sets.ndjson`: messages of formats 0 and 1 as Kafka's own classes build them, and what its reader has of each. Run with the
 * libraries of Apache Kafka 4.3.1: `java -Xmx256m -cp 'LIBS/*' test/golden/MessageSets.java > test/golden/message-sets.ndjson`.
 */
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.LegacyRecord;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.BufferSupplier;

public class MessageSets {
    private static final long TIME = 1_400_000_000_000L;

    public static void main(String[] args) throws Exception {
        for (byte magic = 0; magic < 2; magic++) {
            for (CompressionType type : List.of(CompressionType.NONE, CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4)) {
                for (TimestampType times : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                    if (magic == 0 && times == TimestampType.LOG_APPEND_TIME) continue;
                    String name = "v" + magic + " " + type.name + " " + times.name;
                    tell(name, built(magic, type, times, 100, new long[] {100, 101, 102, 103}, 1));
                    tell(name + " with gaps", built(magic, type, times, 100, new long[] {102, 105, 109}, 1));
                    if (type != CompressionType.NONE) tell(name + " large", built(magic, type, times, 7, new long[] {7, 8}, 12_000));
                }
            }
            tell("v" + magic + " from offset 0", built(magic, CompressionType.GZIP, TimestampType.CREATE_TIME, 0, new long[] {0, 1}, 1));
        }
        ByteBuffer mixed = ByteBuffer.allocate(4096);
        mixed.put(built((byte) 0, CompressionType.LZ4, TimestampType.CREATE_TIME, 0, new long[] {0, 1}, 1));
        mixed.put(built((byte) 1, CompressionType.NONE, TimestampType.CREATE_TIME, 2, new long[] {2, 3}, 1));
        mixed.put(built((byte) 1, CompressionType.SNAPPY, TimestampType.LOG_APPEND_TIME, 4, new long[] {4, 5}, 1));
        mixed.put(built((byte) 2, CompressionType.NONE, TimestampType.CREATE_TIME, 6, new long[] {6, 7}, 1));
        mixed.put(built((byte) 1, CompressionType.GZIP, TimestampType.CREATE_TIME, 8, new long[] {8, 9}, 1));
        tell("all formats", mixed.flip());

        byte[] one = entry(0, LegacyRecord.create((byte) 1, TIME, null, "one".getBytes()));
        byte[] two = entry(1, LegacyRecord.create((byte) 1, TIME + 1, "k".getBytes(), null));
        byte[] old = entry(2, LegacyRecord.create((byte) 0, -1, null, "old".getBytes()));
        tell("relative offsets in a wrapper at offset 0", wrapped((byte) 1, 0, TimestampType.CREATE_TIME, one, two));
        tell("the last one cut", wrapped((byte) 1, 41, TimestampType.CREATE_TIME, one, Arrays.copyOf(two, two.length - 3)));
        tell("the head of the last one cut", wrapped((byte) 1, 41, TimestampType.CREATE_TIME, one, Arrays.copyOf(two, 5)));
        tell("v0 within v1", wrapped((byte) 1, 42, TimestampType.LOG_APPEND_TIME, one, two, old));
        tell("v1 within v0", wrapped((byte) 0, 1, TimestampType.CREATE_TIME, one, two));
        tell("an offset before its wrapper's", wrapped((byte) 1, 1, TimestampType.CREATE_TIME, one, old));
        tell("nothing within", wrapped((byte) 1, 5, TimestampType.CREATE_TIME));
        tell("a wrapper within", wrapped((byte) 1, 5, TimestampType.CREATE_TIME, toBytes(wrapped((byte) 1, 0, TimestampType.CREATE_TIME, one))));
        byte[] hurt = one.clone();
        hurt[hurt.length - 1]++;
        tell("a wrong checksum within", wrapped((byte) 1, 6, TimestampType.CREATE_TIME, two, hurt));
        byte[] outer = toBytes(wrapped((byte) 1, 7, TimestampType.CREATE_TIME, one));
        outer[15]++;
        tell("a wrong checksum of the wrapper", ByteBuffer.wrap(outer));
        byte[] longer = Arrays.copyOf(one, one.length + 4);
        longer[11] += 4;
        tell("bytes behind the value", ByteBuffer.wrap(longer));
        tell("no value in a wrapper", ByteBuffer.wrap(entry(3, LegacyRecord.create((byte) 1, TIME, null, null, CompressionType.GZIP, TimestampType.CREATE_TIME))));
        tell("zstd", ByteBuffer.wrap(entry(3, LegacyRecord.create((byte) 1, TIME, null, one, CompressionType.ZSTD, TimestampType.CREATE_TIME))));
    }

    private static ByteBuffer built(byte magic, CompressionType type, TimestampType times, long base, long[] offsets, int repeat) {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        MemoryRecordsBuilder builder = MemoryRecords.builder(buffer, magic, Compression.of(type).build(), times, base, TIME + 500);
        int i = 0;
        for (long offset : offsets) {
            byte[] key = i % 3 == 0 ? null : ("key " + "k".repeat(i)).getBytes();
            byte[] value = i % 4 == 3 ? null : ("value " + offset + " ").repeat(repeat).getBytes();
            builder.appendWithOffset(offset, magic == 0 ? RecordBatch.NO_TIMESTAMP : TIME + 10 * i, key, value);
            i++;
        }
        return builder.build().buffer();
    }

    private static byte[] entry(long offset, LegacyRecord record) {
        ByteBuffer buffer = ByteBuffer.allocate(12 + record.sizeInBytes());
        buffer.putLong(offset).putInt(record.sizeInBytes()).put(record.buffer().duplicate());
        return buffer.array();
    }

    private static ByteBuffer wrapped(byte magic, long offset, TimestampType times, byte[]... entries) throws Exception {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        for (byte[] entry : entries) plain.write(entry);
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new java.util.zip.GZIPOutputStream(value))) {
            out.write(plain.toByteArray());
        }
        return ByteBuffer.wrap(entry(offset, LegacyRecord.create(magic, TIME + 900, null, value.toByteArray(), CompressionType.GZIP, times)));
    }

    private static byte[] toBytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /** As a consumer reads them: batch by batch, up to what cannot be read. */
    private static void tell(String name, ByteBuffer buffer) {
        byte[] bytes = toBytes(buffer);
        List<String> batches = new ArrayList<>();
        for (RecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
            List<String> records = new ArrayList<>();
            String error = null;
            try {
                batch.streamingIterator(BufferSupplier.NO_CACHING).forEachRemaining(record -> records.add(json(record)));
            } catch (RuntimeException e) {
                error = e.getClass().getSimpleName();
            }
            batches.add("{\"magic\":" + batch.magic() + ",\"lastOffset\":" + batch.lastOffset() + ",\"nextOffset\":" + batch.nextOffset()
                + ",\"timestampType\":\"" + batch.timestampType() + "\",\"maxTimestamp\":" + batch.maxTimestamp() + ",\"crc\":" + batch.checksum()
                + ",\"isValid\":" + batch.isValid() + ",\"records\":[" + String.join(",", records) + "],\"error\":"
                + (error == null ? null : '"' + error + '"') + "}");
        }
        System.out.println("{\"name\":\"" + name + "\",\"hex\":\"" + HexFormat.of().formatHex(bytes) + "\",\"batches\":[" + String.join(",", batches) + "]}");
    }

    private static String json(Record record) {
        boolean isValid = true;
        try {
            record.ensureValid();
        } catch (RuntimeException e) {
            isValid = false;
        }
        return "{\"offset\":" + record.offset() + ",\"timestamp\":" + record.timestamp() + ",\"sizeInBytes\":" + record.sizeInBytes()
            + ",\"key\":" + hex(record.key()) + ",\"value\":" + hex(record.value()) + ",\"isValid\":" + isValid + "}";
    }

    /** Long ones by their size and checksum. */
    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = toBytes(buffer);
        if (bytes.length <= 100) return '"' + HexFormat.of().formatHex(bytes) + '"';
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(bytes);
        return "\"" + bytes.length + ":" + crc.getValue() + "\"";
    }
}
