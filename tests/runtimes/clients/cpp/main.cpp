// The function of the cases, with aws-lambda-cpp.

#include <aws/lambda-runtime/runtime.h>

#include <cjson/cJSON.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

using aws::lambda_runtime::invocation_request;
using aws::lambda_runtime::invocation_response;

static int count = 0;

static std::string text(const cJSON *value)
{
    std::unique_ptr<char, decltype(&cJSON_free)> printed(cJSON_PrintUnformatted(value), cJSON_free);
    return printed.get();
}

static std::string meet(const std::string &file)
{
    puts("waits");
    fflush(stdout);
    struct stat found;
    while (stat(file.c_str(), &found) != 0) {
        usleep(20000);
    }
    return "{\"pid\":" + std::to_string(getpid()) + ",\"count\":" + std::to_string(count) + "}";
}

static std::string context(const invocation_request &request)
{
    return "{\"id\":\"" + request.request_id + "\",\"arn\":\"" + request.function_arn +
           "\",\"remaining\":" + std::to_string(request.get_time_remaining().count()) + "}";
}

static invocation_response answer(const std::string &payload)
{
    return invocation_response::success(payload, "application/json");
}

static invocation_response handle(const invocation_request &request)
{
    count++;
    std::unique_ptr<cJSON, decltype(&cJSON_Delete)> event(cJSON_Parse(request.payload.c_str()), cJSON_Delete);
    const auto member = [&](const char *name) { return cJSON_GetObjectItem(event.get(), name); };
    const std::string what = member("do")->valuestring;
    if (what == "echo") {
        return answer(text(member("value")));
    }
    if (what == "context") {
        return answer(context(request));
    }
    if (what == "fail") {
        return invocation_response::failure("ouch", "Cpp.Failed", "");
    }
    if (what == "crash") {
        throw std::runtime_error("lost");
    }
    if (what == "exit") {
        _exit(3);
    }
    if (what == "sleep") {
        sleep(60);
    }
    if (what == "large") {
        return answer('"' + std::string(member("bytes")->valueint - 2, 'm') + '"');
    }
    return answer(meet(member("file")->valuestring));
}

int main()
{
    const char *mode = getenv("MODE");
    if (mode && std::string(mode) == "init-error") {
        puts("can't begin");
        return 4;
    }
    aws::lambda_runtime::run_handler(handle);
    return 0;
}
