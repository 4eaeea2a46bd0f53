import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes.BooleanSerde;
import org.apache.kafka.common.serialization.Serdes.DoubleSerde;
import org.apache.kafka.common.serialization.Serdes.FloatSerde;
import org.apache.kafka.common.serialization.Serdes.IntegerSerde;
import org.apache.kafka.common.serialization.Serdes.LongSerde;
import org.apache.kafka.common.serialization.Serdes.ShortSerde;
import org.apache.kafka.common.serialization.Serdes.StringSerde;
import org.apache.kafka.common.serialization.Serdes.UUIDSerde;

/**
 * Writes and reads records by Kafka's own serdes. A line of JSON says what: {"type", "topic", "write": [texts]} writes each of them as
 * key and as value, {"type", "topic", "read": count} reads so many from the beginning of partition 0. Null is null. A line of JSON tells what was
 * read: [[key, value], ...]. The one argument is the address of a broker.
 */
public class Serdes {
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Type<T>(Serde<T> serde, Function<String, T> of) {}

    private static final Map<String, Type<?>> TYPES = Map.of(
        "string", new Type<>(new StringSerde(), text -> text),
        "int16", new Type<>(new ShortSerde(), Short::valueOf),
        "int32", new Type<>(new IntegerSerde(), Integer::valueOf),
        "int64", new Type<>(new LongSerde(), Long::valueOf),
        "float32", new Type<>(new FloatSerde(), Float::valueOf),
        "float64", new Type<>(new DoubleSerde(), Double::valueOf),
        "boolean", new Type<>(new BooleanSerde(), Boolean::valueOf),
        "uuid", new Type<>(new UUIDSerde(), UUID::fromString)
    );

    public static void main(String[] args) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", args[0], "auto.offset.reset", "earliest");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode asked = JSON.readTree(line);
            Type<?> type = TYPES.get(asked.get("type").asText());
            String topic = asked.get("topic").asText();
            if (asked.has("write")) write(config, type, topic, asked.get("write"));
            List<List<String>> read = asked.has("read") ? read(config, type, topic, asked.get("read").asInt()) : List.of();
            // Without other characters than those of ASCII, whatever this process takes for the encoding of its output.
            System.out.println(JSON.writer().with(com.fasterxml.jackson.core.JsonGenerator.Feature.ESCAPE_NON_ASCII)
                .writeValueAsString(read));
        }
    }

    private static <T> void write(Map<String, Object> config, Type<T> type, String topic, JsonNode texts) throws Exception {
        try (var producer = new KafkaProducer<>(config, type.serde.serializer(), type.serde.serializer())) {
            for (JsonNode text : texts) {
                T value = text.isNull() ? null : type.of.apply(text.asText());
                producer.send(new ProducerRecord<>(topic, 0, value, value)).get();
            }
        }
    }

    private static <T> List<List<String>> read(Map<String, Object> config, Type<T> type, String topic, int count) {
        List<List<String>> told = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(config, type.serde.deserializer(), type.serde.deserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            long endMs = System.currentTimeMillis() + 20_000;
            while (told.size() < count && System.currentTimeMillis() < endMs) {
                for (ConsumerRecord<T, T> record : consumer.poll(Duration.ofMillis(200))) {
                    List<String> pair = new ArrayList<>();
                    pair.add(record.key() == null ? null : String.valueOf(record.key()));
                    pair.add(record.value() == null ? null : String.valueOf(record.value()));
                    told.add(pair);
                }
            }
        }
        return told;
    }
}
