'use strict';
module.exports = () => globalThis[Symbol.for('invoked.server')]?.stop();
