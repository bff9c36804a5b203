import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.lambda.LambdaAsyncClient;
import software.amazon.awssdk.services.lambda.model.InvalidParameterValueException;
import software.amazon.awssdk.services.lambda.model.InvalidRequestContentException;
import software.amazon.awssdk.services.lambda.model.InvokeRequest;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamRequest;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamResponse;
import software.amazon.awssdk.services.lambda.model.InvokeWithResponseStreamResponseHandler;
import software.amazon.awssdk.services.lambda.model.LambdaException;
import software.amazon.awssdk.services.lambda.model.RequestTooLargeException;
import software.amazon.awssdk.services.lambda.model.ResourceNotFoundException;
import software.amazon.awssdk.services.lambda.model.ServiceException;
import software.amazon.awssdk.services.lambda.model.TooManyRequestsException;

/** The AWS SDK for Java v2 behind lines of JSON: see line_adapter.py. */
public final class SdkJava {
    private static final Gson GSON = new Gson();
    private static final int ATTEMPTS = Integer.parseInt(System.getenv("ATTEMPTS"));

    private static final String RETRY_MODE = System.getenv("RETRY_MODE");

    private SdkJava() {}

    private static void setRetries(ClientOverrideConfiguration.Builder config) {
        if (RETRY_MODE.isEmpty()) {
            config.retryStrategy(retry -> retry.maxAttempts(ATTEMPTS));
        } else {
            config.retryStrategy(RetryMode.valueOf(RETRY_MODE));
        }
    }

    private static LambdaAsyncClient clientOf(String endpoint) {
        return LambdaAsyncClient.builder()
                .endpointOverride(URI.create(endpoint))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().maxConcurrency(64))
                .overrideConfiguration(SdkJava::setRetries)
                .build();
    }

    private static String text(JsonObject members, String name) {
        return members.has(name) ? members.get(name).getAsString() : null;
    }

    private static SdkBytes blob(JsonObject members, String name) {
        return members.has(name) ? SdkBytes.fromByteArray(Base64.getDecoder().decode(text(members, name))) : null;
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String log(String result) {
        return result == null ? null : new String(Base64.getDecoder().decode(result), StandardCharsets.UTF_8);
    }

    /** The exception's name is that of its class, where the model has one for it. */
    private static Map<String, Object> outcomeOf(Throwable thrown) {
        Map<String, Object> outcome = new HashMap<>();
        Throwable error = thrown instanceof CompletionException ? thrown.getCause() : thrown;
        if (!(error instanceof LambdaException)) {
            outcome.put("error", error instanceof java.util.concurrent.CancellationException ? "aborted" : "unexpected " + error);
            return outcome;
        }
        LambdaException refusal = (LambdaException) error;
        String code = refusal.awsErrorDetails().errorCode();
        boolean isModelled = refusal.getClass() != LambdaException.class;
        outcome.put("error", isModelled ? refusal.getClass().getSimpleName() : code);
        outcome.put("error_status", refusal.statusCode());
        outcome.put("message", refusal.awsErrorDetails().errorMessage());
        outcome.put("request_id", refusal.requestId());
        if (refusal instanceof InvalidParameterValueException typed) {
            outcome.put("type", typed.type());
        } else if (refusal instanceof InvalidRequestContentException typed) {
            outcome.put("type", typed.type());
        } else if (refusal instanceof RequestTooLargeException typed) {
            outcome.put("type", typed.type());
        } else if (refusal instanceof ResourceNotFoundException typed) {
            outcome.put("type", typed.type());
        } else if (refusal instanceof ServiceException typed) {
            outcome.put("type", typed.type());
        } else if (refusal instanceof TooManyRequestsException typed) {
            outcome.put("type", typed.type());
            outcome.put("reason", typed.reasonAsString());
        }
        return outcome;
    }

    private static CompletableFuture<Map<String, Object>> invoke(LambdaAsyncClient client, JsonObject members) {
        InvokeRequest.Builder request = InvokeRequest.builder()
                .functionName(text(members, "FunctionName"))
                .invocationType(text(members, "InvocationType"))
                .logType(text(members, "LogType"))
                .qualifier(text(members, "Qualifier"))
                .payload(blob(members, "Payload"));
        if (members.has("ClientContext")) {
            request.clientContext(encode(members.get("ClientContext").toString().getBytes(StandardCharsets.UTF_8)));
        }
        CompletableFuture<software.amazon.awssdk.services.lambda.model.InvokeResponse> sent = client.invoke(request.build());
        CompletableFuture<Map<String, Object>> told = sent.thenApply(answer -> {
            Map<String, Object> outcome = new HashMap<>();
            outcome.put("status", answer.statusCode());
            outcome.put("payload", answer.payload() == null ? "" : encode(answer.payload().asByteArrayUnsafe()));
            outcome.put("version", answer.executedVersion());
            outcome.put("function_error", answer.functionError());
            outcome.put("log", log(answer.logResult()));
            outcome.put("request_id", answer.responseMetadata().requestId());
            return outcome;
        });
        return cancelling(told, sent);
    }

    private static CompletableFuture<Map<String, Object>> invokeStream(LambdaAsyncClient client, JsonObject members) {
        InvokeWithResponseStreamRequest request = InvokeWithResponseStreamRequest.builder()
                .functionName(text(members, "FunctionName"))
                .qualifier(text(members, "Qualifier"))
                .payload(blob(members, "Payload"))
                .build();
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        Map<String, Object> outcome = new HashMap<>();
        InvokeWithResponseStreamResponseHandler handler = InvokeWithResponseStreamResponseHandler.builder()
                .onResponse((InvokeWithResponseStreamResponse answer) -> {
                    outcome.put("status", answer.statusCode());
                    outcome.put("version", answer.executedVersion());
                    outcome.put("request_id", answer.responseMetadata().requestId());
                })
                .subscriber(InvokeWithResponseStreamResponseHandler.Visitor.builder()
                        .onPayloadChunk(chunk -> payload.writeBytes(chunk.payload().asByteArrayUnsafe()))
                        .onInvokeComplete(end -> {
                            outcome.put("function_error", end.errorCode());
                            outcome.put("error_details", end.errorDetails());
                            outcome.put("log", log(end.logResult()));
                        })
                        .build())
                .build();
        return client.invokeWithResponseStream(request, handler).thenApply(nothing -> {
            outcome.put("payload", encode(payload.toByteArray()));
            return outcome;
        });
    }

    /** A cancelled `told` takes the request with it. */
    private static <T> CompletableFuture<T> cancelling(CompletableFuture<T> told, CompletableFuture<?> sent) {
        told.whenComplete((outcome, error) -> {
            if (told.isCancelled()) {
                sent.cancel(true);
            }
        });
        return told;
    }

    private static CompletableFuture<Map<String, Object>> perform(LambdaAsyncClient client, String name, JsonObject members) {
        return name.equals("Invoke") ? invoke(client, members) : invokeStream(client, members);
    }

    private static synchronized void write(int id, Map<String, Object> outcome) {
        System.out.println(GSON.toJson(Map.of("id", id, "outcome", outcome)));
        System.out.flush();
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, LambdaAsyncClient> clients = new HashMap<>();
        Map<Integer, CompletableFuture<?>> running = new ConcurrentHashMap<>();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line;
        while ((line = input.readLine()) != null) {
            JsonObject request = JsonParser.parseString(line).getAsJsonObject();
            int id = request.get("id").getAsInt();
            if (request.has("abort")) {
                CompletableFuture<?> given = running.get(id);
                if (given != null) {
                    given.cancel(true);
                }
                continue;
            }
            LambdaAsyncClient client = clients.computeIfAbsent(request.get("endpoint").getAsString(), SdkJava::clientOf);
            CompletableFuture<Map<String, Object>> told =
                    perform(client, request.get("name").getAsString(), request.getAsJsonObject("members"));
            running.put(id, told);
            told.whenComplete((outcome, error) -> {
                running.remove(id);
                write(id, error == null ? outcome : outcomeOf(error));
            });
        }
        clients.values().forEach(LambdaAsyncClient::close);
    }
}
