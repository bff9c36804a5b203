package example;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One server for all test classes, reset before each test: {@code @RegisterExtension static Invoked invoked = new Invoked();}
 *
 * <p>{@code run} serves for as long as its command does, and cat ends when this process closes the pipe, however it ends.
 */
public class Invoked implements BeforeEachCallback {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static String endpoint;

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        ask("POST", "/_invoked/reset", "");
    }

    /** For the AWS SDK: {@code LambdaClient.builder().endpointOverride(URI.create(invoked.endpoint()))}. */
    public static synchronized String endpoint() throws Exception {
        if (endpoint == null) {
            Process server = new ProcessBuilder("invoked", "run", "--clock", "manual", "invoked.json", "--",
                    "sh", "-c", "echo \"$INVOKED_ENDPOINT\"; exec cat >/dev/null")
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String line = new BufferedReader(new InputStreamReader(server.getInputStream())).readLine();
            if (line == null) {
                throw new IllegalStateException("invoked ended with status " + server.waitFor());
            }
            endpoint = line;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    server.getOutputStream().close();
                    server.waitFor();
                } catch (Exception error) {
                    server.destroy();
                }
            }));
        }
        return endpoint;
    }

    /** Sends a request to the server and returns the body of its response; {@code headers} are names and values. */
    public String ask(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(endpoint() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i + 1 < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        HttpResponse<String> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new AssertionError(path + ": " + response.statusCode() + " " + response.body());
        }
        return response.body();
    }
}
