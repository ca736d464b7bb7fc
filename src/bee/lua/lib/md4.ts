/** MD4 (RFC 1320): `digest.md4`, which hashing libraries of today leave out. */
export function md4(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = pad(message);
  const view = new DataView(padded.buffer);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (let step = 0; step < 48; step++) {
      const { mix, word, shift } = stepOf(step, b, c, d);
      const sum = (a + mix + view.getUint32(block + word * 4, true)) | 0;
      a = d;
      d = c;
      c = b;
      b = (sum << shift) | (sum >>> (32 - shift));
    }
    [a, b, c, d].forEach((part, at) => {
      state[at] = ((state[at] ?? 0) + part) | 0;
    });
  }
  const digest = new Uint8Array(16);
  const out = new DataView(digest.buffer);
  state.forEach((part, at) => {
    out.setUint32(at * 4, part, true);
  });
  return digest;
}

const shifts = [
  [3, 7, 11, 19],
  [3, 5, 9, 13],
  [3, 9, 11, 15],
];

/** The third round takes the words in bit-reversed order. */
const thirdOrder = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

function stepOf(step: number, b: number, c: number, d: number) {
  const round = step >> 4;
  const at = step & 15;
  const shift = shifts[round]?.[at & 3] ?? 0;
  if (round === 0) return { mix: (b & c) | (~b & d), word: at, shift };
  if (round === 1) {
    return {
      mix: ((b & c) | (b & d) | (c & d)) + 0x5a827999,
      word: (at & 3) * 4 + (at >> 2),
      shift,
    };
  }
  return { mix: (b ^ c ^ d) + 0x6ed9eba1, word: thirdOrder[at] ?? 0, shift };
}

function pad(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n, true);
  return padded;
}
