// Tells CloudFormation how a custom resource went; AWS puts a module of this name beside inline code.
"use strict";

exports.SUCCESS = "SUCCESS";
exports.FAILED = "FAILED";

exports.send = function (event, context, responseStatus, responseData, physicalResourceId, noEcho) {
  return new Promise((resolve) => {
    const body = JSON.stringify({
      Status: responseStatus,
      Reason: "See the details in CloudWatch Log Stream: " + context.logStreamName,
      PhysicalResourceId: physicalResourceId || context.logStreamName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
      NoEcho: noEcho || false,
      Data: responseData,
    });
    const url = new URL(event.ResponseURL);
    const end = () => {
      resolve();
      if (typeof context.done === "function") context.done();
    };
    // An empty content type: the signature of the URL doesn't cover one.
    const request = require(url.protocol === "http:" ? "http" : "https").request(
      url,
      { method: "PUT", headers: { "content-type": "", "content-length": Buffer.byteLength(body) } },
      (response) => {
        console.log("Status code: " + parseInt(response.statusCode));
        response.resume();
        end();
      },
    );

    console.log("Response body:\n", body);
    request.on("error", (error) => {
      console.log("send(..) failed executing https.request(..): " + error);
      end();
    });
    request.end(body);
  });
};
