import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/**
 * What Apache Avro makes of schemas. A line of JSON asks, a line of JSON answers: {"text": a schema, "references": [texts]} is answered by
 * {"canonical": as it is written} or {"error": why it is none}; {"reader": a schema, "writer": a schema} by
 * {"compatible": boolean, "found": [[kind, location, message]]} or {"error": why they cannot be compared}.
 */
public class AvroSchemas {
    private static final ObjectMapper JSON = new ObjectMapper();

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
            return question.has("text") ? parsed(question) : compared(question);
        } catch (Exception e) {
            return Map.of("error", String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> parsed(JsonNode question) {
        Schema.Parser parser = parser();
        List<Schema> references = new ArrayList<>();
        question.path("references").forEach(it -> references.add(parser.parse(it.asText())));
        Schema schema = parser.parse(question.get("text").asText());
        return Map.of("canonical", schema.toString(references, false));
    }

    private static Map<String, Object> compared(JsonNode question) {
        Schema reader = parser().parse(question.get("reader").asText());
        Schema writer = parser().parse(question.get("writer").asText());
        var result = SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult();
        List<List<String>> found = new ArrayList<>();
        for (var it : result.getIncompatibilities()) {
            found.add(List.of(it.getType().name(), it.getLocation(), it.getMessage()));
        }
        boolean compatible = result.getCompatibility() == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE;
        return Map.of("compatible", compatible, "found", found);
    }

    /** As the registry has it for new schemas. */
    private static Schema.Parser parser() {
        return new Schema.Parser(NameValidator.STRICT_VALIDATOR).setValidateDefaults(true);
    }
}
