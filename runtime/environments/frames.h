/*
 * frames.h - the protocol between the server and the bundled runtimes, over a socket pair.
 *
 * A frame is: length (4 bytes, big-endian, of all that follows it), kind (1 byte), body. The server's side is in
 * worker_frames.c; the runtimes' side in bundled/ The socket is the worker's descriptor
 * FRAMES_DESCRIPTOR, stream, blocking; when it is closed, the worker exits at once.
 *
 * "Fields" below are texts (UTF-8), each ended by a NUL byte, in the order given; one that does not apply is empty.
 *
 *   server -> worker
 *   'I' init   fields: working directory, handler; then the environment, a field NAME=VALUE each, to the end of the
 *              frame. Sent once, first. The worker makes that its whole environment and its folder, then loads the
 *              handler. (So a process that was started in advance can serve any function.) Without any variable it keeps
 *              the environment that it was started with (which AWS_LAMBDA_EXEC_WRAPPER may have changed).
 *   'E' event  number of bytes of the fields (4 bytes, big-endian), fields: request id, deadline (epoch ms), invoked
 *              function ARN, trace id, client context (JSON), cognito identity (JSON), tenant id; then the payload.
 *
 *   worker -> server
 *   'N' next      no body. Ready for an event: the handler is loaded, or the last invocation is over.
 *   'R' response  body: the payload.
 *   'F' error     fields: error type; then the payload (the error's JSON). Ends the invocation.
 *   'X' init error  as 'F', instead of the first 'N'; the worker then exits.
 *   'S' stream    fields: content type. The response comes in pieces:
 *   'C' chunk     body: the next bytes.
 *   'Z' stream end  no body; or, for an error in the middle, fields: error type; then the error's JSON.
 *
 * Standard output and error are the log; they go through a pipe of their own and never touch a result. A worker
 * flushes both before it sends 'R', 'F', 'X' or 'Z'. Descriptor 0 is /dev/null.
 *
 * To add a frame, give it a letter here, and handle it in worker_frames.c and in the runtimes.
 */
#ifndef RUNTIME_ENVIRONMENTS_FRAMES_H
#define RUNTIME_ENVIRONMENTS_FRAMES_H

enum { FRAMES_DESCRIPTOR = 3, FRAME_HEAD_BYTES = 5 };

enum frame_kind {
    FRAME_INIT = 'I',
    FRAME_EVENT = 'E',
    FRAME_NEXT = 'N',
    FRAME_RESPONSE = 'R',
    FRAME_ERROR = 'F',
    FRAME_INIT_ERROR = 'X',
    FRAME_STREAM = 'S',
    FRAME_CHUNK = 'C',
    FRAME_STREAM_END = 'Z'
};

#endif
