/**
 * The lines of a text that have a piece of text in them, all when it is ''. A long text is searched by the engine many times faster than its lines
 * can be taken apart, and found lines alone are decoded.
 *
 * @param text a byte a character (latin1).
 */
export function* linesWith(text: Buffer, piece: string): Generator<string> {
  if (piece === '') {
    yield* allLines(text.toString('latin1'));
    return;
  }
  const wanted = Buffer.from(piece, 'latin1');
  for (let found = text.indexOf(wanted); found >= 0; ) {
    const start = found === 0 ? 0 : text.lastIndexOf(NEWLINE, found - 1) + 1;
    const newline = text.indexOf(NEWLINE, found);
    const end = newline < 0 ? text.length : newline;
    yield text.toString('latin1', start, end);
    found = text.indexOf(wanted, end + 1);
  }
}

const NEWLINE = 0x0a;

function* allLines(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, end);
    start = end + 1;
  }
}
