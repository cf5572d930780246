// A little work that speaks for a visitor: look for a number whose hash with the slip begins with enough zero bits.
// crypto.subtle is there in secure pages only, and a call of it per try is slower than these lines.
const K = new Uint32Array(64);
const START = new Uint32Array(8);
{
  // FIPS 180-4: the fractional parts of the roots of the first primes.
  const bits = (value) => ((value - Math.floor(value)) * 2 ** 32) >>> 0;
  for (let prime = 2, count = 0; count < 64; prime++) {
    let isPrime = true;
    for (let factor = 2; factor * factor <= prime; factor++) if (prime % factor === 0) isPrime = false;
    if (!isPrime) continue;
    if (count < 8) START[count] = bits(Math.sqrt(prime));
    K[count++] = bits(Math.cbrt(prime));
  }
}
const turned = (value, by) => (value >>> by) | (value << (32 - by));
const schedule = new Uint32Array(64);

function compress(state, bytes, from) {
  const view = new DataView(bytes.buffer, from, 64);
  for (let i = 0; i < 16; i++) schedule[i] = view.getUint32(i * 4);
  for (let i = 16; i < 64; i++) {
    const early = schedule[i - 15], late = schedule[i - 2];
    schedule[i] = schedule[i - 16] + schedule[i - 7]
      + (turned(early, 7) ^ turned(early, 18) ^ (early >>> 3)) + (turned(late, 17) ^ turned(late, 19) ^ (late >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + schedule[i]) | 0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] += value; });
}

/** The first 32 bits of the SHA-256 of an ASCII text. */
export function hashBegins(text) {
  const bytes = new Uint8Array(Math.ceil((text.length + 9) / 64) * 64);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  bytes[text.length] = 0x80;
  new DataView(bytes.buffer).setUint32(bytes.length - 4, text.length * 8);
  const state = START.slice();
  for (let from = 0; from < bytes.length; from += 64) compress(state, bytes, from);
  return state[0];
}

/** The number, found in slices so short that typing never waits. */
export async function work(slip, bits) {
  for (let number = 0; ; ) {
    const until = performance.now() + 8;
    for (; performance.now() < until; number++) {
      if (hashBegins(`${slip}:${number}`) >>> (32 - bits) === 0) return String(number);
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}
