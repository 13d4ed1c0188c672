/**
 * ULIDs: 48 bits of time, 80 bits of chance, in Crockford's Base32, so that ids sort by time as plain text. Within a
 * process they only grow, also within one millisecond and when the clock is set back.
 */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const maxTime = 2 ** 48 - 1

const encodeTime = (millis: number): string => {
  let rest = Math.min(Math.max(Math.trunc(millis), 0), maxTime)
  let text = ""
  for (let i = 0; i < 10; i++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

const encodeDigits = (digits: Uint8Array): string => {
  let text = ""
  for (const digit of digits) {
    text += alphabet.charAt(digit)
  }
  return text
}

export const make = (random: (bytes: Uint8Array) => void = (bytes) => {
  crypto.getRandomValues(bytes)
}): (now: number) => string => {
  let last = -1
  const digits = new Uint8Array(16)
  const refill = () => {
    random(digits)
    for (let i = 0; i < digits.length; i++) {
      digits[i] = (digits[i] ?? 0) & 31
    }
    // Head room, so that counting up within a millisecond does not overflow
    digits[0] = (digits[0] ?? 0) & 15
  }
  const increment = () => {
    for (let i = digits.length - 1; i >= 0; i--) {
      const digit = digits[i] ?? 0
      if (digit < 31) {
        digits[i] = digit + 1
        return
      }
      digits[i] = 0
    }
  }
  return (now) => {
    if (now > last) {
      last = now
      refill()
    } else {
      increment()
    }
    return encodeTime(last) + encodeDigits(digits)
  }
}

export const next: (now: number) => string = make()
