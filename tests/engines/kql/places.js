// Offsets of UTF-16 code units, which is what JavaScript counts, to what the rest of the project counts.
'use strict';

/** A function from (start, width) in UTF-16 units to UTF-8 bytes (`start`, `length`), and line and column from 1, in characters. */
function placesIn(text) {
  return (at, width) => {
    const before = text.slice(0, at);
    const covered = text.slice(at, at + width);
    const line = before.split('\n').length;
    const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
    return { start: Buffer.byteLength(before), length: Buffer.byteLength(covered), line, column, text: covered };
  };
}

module.exports = { placesIn };
