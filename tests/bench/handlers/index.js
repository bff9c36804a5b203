exports.echo = async (event) => event;
exports.sleep = (event) => new Promise((resolve) => setTimeout(resolve, 100, event));
