import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Apache Avro's generic writer and reader. A line of JSON asks, a line of JSON answers: {"schema", "values"} is answered by {"payloads",
 * "blocks"}, both in hexadecimal, the second with arrays and maps in several blocks that tell their sizes; where {"reader"}, another schema,
 * is asked for as well, by {"read"} of those payloads too. {"schema", "payloads"} is answered by {"read"}. What is read is a list, of [value],
 * or of {"error": why} in its place. All is answered by {"error": why} where a schema is none.
 *
 * Values are exact: a long is a string of digits, a float its eight digits of bits in hexadecimal, a double sixteen, bytes are hexadecimal,
 * and a value of a union is [index of the branch, value].
 */
public class AvroPayloads {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HexFormat HEX = HexFormat.of();
    private static final int BLOCK_BYTES = 64;

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
        out.flush();
    }

    private static Map<String, Object> answer(JsonNode question) {
        try {
            return answered(question);
        } catch (Exception e) {
            return error(e);
        } catch (StackOverflowError e) {
            return Map.of("error", "out of stack");
        }
    }

    private static Map<String, Object> error(Exception e) {
        return Map.of("error", String.valueOf(e.getMessage()));
    }

    private static Schema schema(String text) {
        return new Schema.Parser(NameValidator.STRICT_VALIDATOR).setValidateDefaults(true).parse(text);
    }

    private static Map<String, Object> answered(JsonNode question) throws IOException {
        Map<String, Object> answer = new LinkedHashMap<>();
        List<String> payloads = new ArrayList<>();
        Schema schema = schema(question.get("schema").asText());
        if (question.has("values")) {
            List<String> blocks = new ArrayList<>();
            for (JsonNode value : question.get("values")) write(schema, value, payloads, blocks);
            answer.put("payloads", payloads);
            answer.put("blocks", blocks);
            if (question.has("reader")) answer.put("read", read(schema, schema(question.get("reader").asText()), payloads));
        } else {
            question.get("payloads").forEach(it -> payloads.add(it.asText()));
            answer.put("read", read(schema, schema, payloads));
        }
        return answer;
    }

    private static void write(Schema schema, JsonNode value, List<String> payloads, List<String> blocks) throws IOException {
        Object datum = datum(schema, value);
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        write(schema, datum, EncoderFactory.get().binaryEncoder(plain, null));
        payloads.add(HEX.formatHex(plain.toByteArray()));
        ByteArrayOutputStream blocked = new ByteArrayOutputStream();
        EncoderFactory blocking = new EncoderFactory().configureBlockSize(BLOCK_BYTES);
        write(schema, datum, blocking.blockingBinaryEncoder(blocked, null));
        blocks.add(HEX.formatHex(blocked.toByteArray()));
    }

    private static void write(Schema schema, Object datum, BinaryEncoder encoder) throws IOException {
        new GenericDatumWriter<Object>(schema).write(datum, encoder);
        encoder.flush();
    }

    private static List<Object> read(Schema writer, Schema reader, List<String> payloads) {
        GenericDatumReader<Object> data = new GenericDatumReader<>(writer, reader);
        List<Object> values = new ArrayList<>();
        for (String payload : payloads) {
            try {
                BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(HEX.parseHex(payload), null);
                Object value = data.read(null, decoder);
                if (!decoder.isEnd()) throw new IOException("bytes are left over");
                List<Object> held = new ArrayList<>();
                held.add(exact(reader, value));
                values.add(held);
            } catch (Exception e) {
                values.add(error(e));
            }
        }
        return values;
    }

    private static Object datum(Schema schema, JsonNode value) {
        switch (schema.getType()) {
            case NULL: return null;
            case BOOLEAN: return value.asBoolean();
            case INT: return value.asInt();
            case LONG: return Long.parseLong(value.asText());
            case FLOAT: return Float.intBitsToFloat(Integer.parseUnsignedInt(value.asText(), 16));
            case DOUBLE: return Double.longBitsToDouble(Long.parseUnsignedLong(value.asText(), 16));
            case STRING: return value.asText();
            case BYTES: return ByteBuffer.wrap(HEX.parseHex(value.asText()));
            case FIXED: return new GenericData.Fixed(schema, HEX.parseHex(value.asText()));
            case ENUM: return new GenericData.EnumSymbol(schema, value.asText());
            case ARRAY: {
                List<Object> items = new ArrayList<>();
                value.forEach(it -> items.add(datum(schema.getElementType(), it)));
                return items;
            }
            case MAP: {
                Map<String, Object> entries = new LinkedHashMap<>();
                value.properties().forEach(it -> entries.put(it.getKey(), datum(schema.getValueType(), it.getValue())));
                return entries;
            }
            case UNION: return datum(schema.getTypes().get(value.get(0).asInt()), value.get(1));
            default: {
                GenericData.Record record = new GenericData.Record(schema);
                schema.getFields().forEach(it -> record.put(it.pos(), datum(it.schema(), value.get(it.name()))));
                return record;
            }
        }
    }

    private static Object exact(Schema schema, Object value) {
        switch (schema.getType()) {
            case NULL:
            case BOOLEAN:
            case INT: return value;
            case LONG: return String.valueOf((long) (Long) value);
            case FLOAT: return HEX.toHexDigits(Float.floatToRawIntBits((Float) value));
            case DOUBLE: return HEX.toHexDigits(Double.doubleToRawLongBits((Double) value));
            case BYTES: {
                ByteBuffer bytes = ((ByteBuffer) value).duplicate();
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                return HEX.formatHex(copy);
            }
            case FIXED: return HEX.formatHex(((GenericFixed) value).bytes());
            case ARRAY: {
                List<Object> items = new ArrayList<>();
                ((Iterable<?>) value).forEach(it -> items.add(exact(schema.getElementType(), it)));
                return items;
            }
            case MAP: {
                Map<String, Object> entries = new LinkedHashMap<>();
                ((Map<?, ?>) value).forEach((key, it) -> entries.put(key.toString(), exact(schema.getValueType(), it)));
                return entries;
            }
            case UNION: {
                int index = GenericData.get().resolveUnion(schema, value);
                List<Object> branch = new ArrayList<>();
                branch.add(index);
                branch.add(exact(schema.getTypes().get(index), value));
                return branch;
            }
            case RECORD: {
                Map<String, Object> fields = new LinkedHashMap<>();
                IndexedRecord record = (IndexedRecord) value;
                schema.getFields().forEach(it -> fields.put(it.name(), exact(it.schema(), record.get(it.pos()))));
                return fields;
            }
            default: return value.toString();
        }
    }
}
