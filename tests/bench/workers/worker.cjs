// The bare worker: length (4 bytes, big-endian) and JSON at descriptor 3, parsed, given to a handler, written back.
//
// worker.cjs FILE FUNCTION
'use strict';

const fs = require('fs');

const handler = require(process.argv[2])[process.argv[3]];
let buffer = Buffer.alloc(65536);

function readExactly(count) {
  if (buffer.length < count) buffer = Buffer.alloc(count);
  let length = 0;
  while (length < count) {
    const more = fs.readSync(3, buffer, length, count - length, null);
    if (more === 0) process.exit(0);
    length += more;
  }
}

function write(data) {
  let at = 0;
  while (at < data.length) at += fs.writeSync(3, data, at);
}

async function main() {
  for (;;) {
    readExactly(4);
    const length = buffer.readUInt32BE(0);
    readExactly(length);
    const result = await handler(JSON.parse(buffer.toString('utf8', 0, length)), {});
    const text = JSON.stringify(result);
    const answer = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
    answer.writeUInt32BE(answer.length - 4, 0);
    answer.write(text, 4);
    write(answer);
  }
}

main();
