// The AWS SDK for Kotlin behind lines of JSON: see line_adapter.py.

import aws.sdk.kotlin.services.lambda.LambdaClient
import aws.sdk.kotlin.services.lambda.model.InvalidParameterValueException
import aws.sdk.kotlin.services.lambda.model.InvalidRequestContentException
import aws.sdk.kotlin.services.lambda.model.InvocationType
import aws.sdk.kotlin.services.lambda.model.InvokeAsyncRequest
import aws.sdk.kotlin.services.lambda.model.InvokeRequest
import aws.sdk.kotlin.services.lambda.model.InvokeWithResponseStreamRequest
import aws.sdk.kotlin.services.lambda.model.InvokeWithResponseStreamResponseEvent
import aws.sdk.kotlin.services.lambda.model.LambdaException
import aws.sdk.kotlin.services.lambda.model.LogType
import aws.sdk.kotlin.services.lambda.model.RequestTooLargeException
import aws.sdk.kotlin.services.lambda.model.ResourceNotFoundException
import aws.sdk.kotlin.services.lambda.model.ServiceException
import aws.sdk.kotlin.services.lambda.model.TooManyRequestsException
import aws.sdk.kotlin.runtime.auth.credentials.StaticCredentialsProvider
import aws.smithy.kotlin.runtime.auth.awscredentials.Credentials
import aws.smithy.kotlin.runtime.content.ByteStream
import aws.smithy.kotlin.runtime.http.response.HttpResponse
import aws.smithy.kotlin.runtime.net.url.Url
import aws.smithy.kotlin.runtime.retries.AdaptiveRetryStrategy
import aws.smithy.kotlin.runtime.retries.StandardRetryStrategy
import com.google.gson.GsonBuilder
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import java.io.ByteArrayOutputStream
import java.util.Base64
import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

val gson = GsonBuilder().disableHtmlEscaping().create()
val attempts = System.getenv("ATTEMPTS").toInt()

fun clientOf(endpoint: String) = LambdaClient {
    region = "us-east-1"
    endpointUrl = Url.parse(endpoint)
    credentialsProvider = StaticCredentialsProvider(Credentials("local", "local"))
    retryStrategy = when (System.getenv("RETRY_MODE")) {
        "standard" -> StandardRetryStrategy()
        "adaptive" -> AdaptiveRetryStrategy()
        else -> StandardRetryStrategy { maxAttempts = attempts }
    }
}

fun encode(bytes: ByteArray?): String = Base64.getEncoder().encodeToString(bytes ?: ByteArray(0))

fun log(result: String?) = result?.let { String(Base64.getDecoder().decode(it)) }

fun text(members: JsonObject, name: String): String? = members.get(name)?.asString

fun blob(members: JsonObject, name: String): ByteArray? = text(members, name)?.let { Base64.getDecoder().decode(it) }

suspend fun invoke(client: LambdaClient, members: JsonObject): Map<String, Any?> {
    val answer = client.invoke(InvokeRequest {
        functionName = text(members, "FunctionName")
        invocationType = text(members, "InvocationType")?.let { InvocationType.fromValue(it) }
        logType = text(members, "LogType")?.let { LogType.fromValue(it) }
        qualifier = text(members, "Qualifier")
        payload = blob(members, "Payload")
        clientContext = members.get("ClientContext")?.let { encode(it.toString().toByteArray()) }
    })
    return mapOf("status" to answer.statusCode, "payload" to encode(answer.payload), "version" to answer.executedVersion,
        "function_error" to answer.functionError, "log" to log(answer.logResult))
}

suspend fun invokeAsync(client: LambdaClient, members: JsonObject): Map<String, Any?> {
    val answer = client.invokeAsync(InvokeAsyncRequest {
        functionName = text(members, "FunctionName")
        invokeArgs = ByteStream.fromBytes(blob(members, "InvokeArgs")!!)
    })
    return mapOf("status" to answer.status, "payload" to "")
}

suspend fun invokeStream(client: LambdaClient, members: JsonObject): Map<String, Any?> {
    val request = InvokeWithResponseStreamRequest {
        functionName = text(members, "FunctionName")
        qualifier = text(members, "Qualifier")
        payload = blob(members, "Payload")
    }
    val payload = ByteArrayOutputStream()
    val outcome = HashMap<String, Any?>()
    client.invokeWithResponseStream(request) { answer ->
        outcome["status"] = answer.statusCode
        outcome["version"] = answer.executedVersion
        answer.eventStream?.collect { event ->
            when (event) {
                is InvokeWithResponseStreamResponseEvent.PayloadChunk -> payload.writeBytes(event.value.payload ?: ByteArray(0))
                is InvokeWithResponseStreamResponseEvent.InvokeComplete -> {
                    outcome["function_error"] = event.value.errorCode
                    outcome["error_details"] = event.value.errorDetails
                    outcome["log"] = log(event.value.logResult)
                }
                else -> error("an unknown event: $event")
            }
        }
    }
    outcome["payload"] = encode(payload.toByteArray())
    return outcome
}

/** The exception's name is that of its class, where the model has one for it. */
fun refusal(error: LambdaException): Map<String, Any?> {
    val isModelled = error::class != LambdaException::class
    val outcome = hashMapOf<String, Any?>(
        "error" to if (isModelled) error::class.simpleName else error.sdkErrorMetadata.errorCode,
        "error_status" to (error.sdkErrorMetadata.protocolResponse as? HttpResponse)?.status?.value,
        "message" to error.sdkErrorMetadata.errorMessage)
    when (error) {
        is InvalidParameterValueException -> outcome["type"] = error.type
        is InvalidRequestContentException -> outcome["type"] = error.type
        is RequestTooLargeException -> outcome["type"] = error.type
        is ResourceNotFoundException -> outcome["type"] = error.type
        is ServiceException -> outcome["type"] = error.type
        is TooManyRequestsException -> {
            outcome["type"] = error.type
            outcome["reason"] = error.reason?.value
        }
        else -> {}
    }
    return outcome
}

suspend fun perform(client: LambdaClient, name: String, members: JsonObject): Map<String, Any?> = try {
    when (name) {
        "Invoke" -> invoke(client, members)
        "InvokeAsync" -> invokeAsync(client, members)
        else -> invokeStream(client, members)
    }
} catch (error: LambdaException) {
    refusal(error)
} catch (error: CancellationException) {
    mapOf("error" to "aborted")
} catch (error: Throwable) {
    mapOf("error" to "unexpected $error")
}

@Synchronized
fun write(id: Int, outcome: Map<String, Any?>) {
    println(gson.toJson(mapOf("id" to id, "outcome" to outcome)))
    System.out.flush()
}

fun main() = runBlocking(Dispatchers.IO) {
    val clients = HashMap<String, LambdaClient>()
    val running = ConcurrentHashMap<Int, Job>()
    while (true) {
        val request = JsonParser.parseString(readLine() ?: break).asJsonObject
        val id = request.get("id").asInt
        if (request.has("abort")) {
            running[id]?.cancel()
            continue
        }
        val client = clients.getOrPut(request.get("endpoint").asString) { clientOf(request.get("endpoint").asString) }
        running[id] = launch {
            write(id, perform(client, request.get("name").asString, request.getAsJsonObject("members")))
            running.remove(id)
        }
    }
    running.values.forEach { it.cancel() }
    clients.values.forEach { it.close() }
}
