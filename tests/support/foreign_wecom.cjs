// @wecom/crypto at the other end of a pipe; its folder is the argument.  Started by foreign.py.

const { createInterface } = require('node:readline');
const crypto = require(process.argv[2]);

const does = {
  seal: ({ key, receiver, message, random }) =>
    crypto.encrypt(key, message, receiver, random && Buffer.from(random)),
  // Whom it is for is left to the caller to check.
  open: ({ key, receiver, sealed }) => {
    const { message, id } = crypto.decrypt(key, sealed);
    if (id !== receiver) throw new RangeError('for somebody else');
    return message;
  },
  sign: ({ token, timestamp, nonce, sealed }) => crypto.getSignature(token, timestamp, nonce, sealed),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { do: name, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { gave: does[name](given) };
  } catch (problem) {
    answer = { raised: problem.name };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
