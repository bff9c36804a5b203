import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The function of runtime_cases.py, under aws-lambda-java-runtime-interface-client. */
public final class Function implements RequestHandler<Map<String, Object>, Object> {
    private static int count;

    static {
        if ("init-error".equals(System.getenv("MODE"))) {
            System.out.println("can't begin");
            System.exit(4);
        }
    }

    @Override
    public Object handleRequest(Map<String, Object> asked, Context context) {
        count++;
        switch ((String) asked.get("do")) {
            case "echo":
                return asked.get("value");
            case "context":
                return Map.of("id", context.getAwsRequestId(), "arn", context.getInvokedFunctionArn(),
                        "remaining", context.getRemainingTimeInMillis());
            case "fail":
                throw new IllegalStateException("ouch");
            case "crash":
                throw new StackOverflowError("lost");
            case "exit":
                System.exit(3);
                return null;
            case "sleep":
                return waitFor("/never");
            case "large":
                return "m".repeat(((Number) asked.get("bytes")).intValue() - 2);
            case "meet":
                System.out.println("waits");
                waitFor((String) asked.get("file"));
                return Map.of("pid", ProcessHandle.current().pid(), "count", count);
            default:
                throw new IllegalArgumentException("unknown: " + asked.get("do"));
        }
    }

    private static Object waitFor(String file) {
        try {
            while (!Files.exists(Path.of(file))) {
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return null;
    }
}
