import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command line tools one after the other in one process, which is quicker than one process for each. A line of JSON
 * says which: {"tool": a class, "args": [...]}. A line of JSON tells what it printed, and its exit status. A tool that exits
 * does nothing behind its exit: its thread stays where it is.
 */
public class Tools {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        PrintStream told = System.out;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            told.println(JSON.writeValueAsString(run(JSON.readTree(line))));
            told.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private static Map<String, Object> run(JsonNode call) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true));
        System.setErr(new PrintStream(err, true));
        CompletableFuture<Integer> status = new CompletableFuture<>();
        Exit.setExitProcedure((code, message) -> {
            status.complete(code);
            for (;;) sleep();
        });
        Thread thread = new Thread(() -> {
            try {
                Class.forName(call.get("tool").asText()).getMethod("main", String[].class).invoke(null, (Object) words(call));
                status.complete(0);
            } catch (ReflectiveOperationException e) {
                // As the runtime does with what leaves `main`.
                (e.getCause() == null ? e : e.getCause()).printStackTrace();
                status.complete(1);
            }
        });
        thread.setDaemon(true);
        thread.start();
        int code = status.get();
        return Map.of("code", code, "stdout", out.toString(), "stderr", err.toString());
    }

    private static String[] words(JsonNode call) {
        return StreamSupport.stream(call.get("args").spliterator(), false).map(JsonNode::asText).toArray(String[]::new);
    }

    private static void sleep() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
