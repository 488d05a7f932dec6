/** One field of a tracepoint's record. */
interface TracepointField {
  readonly name: string;
  /** As declared, without the name: `char[16]`, `__data_loc char[]`, `const char *`. */
  readonly type: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes in the record: 4 for the location of dynamic data. */
  readonly size: number;
  readonly signed: boolean;
  /** Where a dynamic array lies: `data_loc` from the start of the record, `rel_loc` from the end of this field. */
  readonly location?: 'data_loc' | 'rel_loc';
  /** Number of elements of a fixed array. */
  readonly elements?: number;
}

/** An event's `format` file, read. */
export interface TracepointFormat {
  readonly name: string;
  readonly id: number;
  /** The fields every record has (`common_pid` and so on) first. */
  readonly fields: readonly TracepointField[];
  /** How the kernel prints a record. */
  readonly printFormat: string;
}

const fieldLine = /^\s*field:(.*);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(-?\d+);)?\s*$/;

/**
 * Parses an event's `format` file:
 *
 *     name: sched_switch
 *     ID: 316
 *     format:
 *             field:unsigned short common_type;       offset:0;       size:2; signed:0;
 *             field:char prev_comm[16];               offset:8;       size:16;        signed:0;
 *             field:__data_loc char[] filename;       offset:24;      size:4; signed:0;
 *
 *     print fmt: "prev_comm=%s …", REC->prev_comm
 *
 * Lines that are no field are passed over; a file without an id gives id 0.
 */
export function parseTracepointFormat(text: string): TracepointFormat {
  const fields: TracepointField[] = [];
  let name = '';
  let id = 0;
  let printFormat = '';
  for (const line of text.split('\n')) {
    const field = fieldLine.exec(line);
    if (field !== null) {
      const [, declaration = '', offset = '0', size = '0', signed = '0'] = field;
      const parsed = parseFieldDeclaration(declaration);
      if (parsed === undefined) continue;
      fields.push({ ...parsed, offset: Number(offset), size: Number(size), signed: Number(signed) !== 0 });
    } else if (line.startsWith('name: ')) {
      name = line.slice('name: '.length).trim();
    } else if (line.startsWith('ID: ')) {
      id = Number(line.slice('ID: '.length));
    } else if (line.startsWith('print fmt: ')) {
      printFormat = line.slice('print fmt: '.length);
    }
  }
  return { name, id, fields, printFormat };
}

function parseFieldDeclaration(
  declaration: string,
): Pick<TracepointField, 'name' | 'type' | 'location' | 'elements'> | undefined {
  // The name is the last word, then maybe array lengths: `char prev_comm[16]`, `u8 mac[6]`, `__data_loc char[] name`.
  const match = /^(.*?)\b([A-Za-z_]\w*)\s*((?:\[[^\]]*\])*)\s*$/.exec(declaration.trim());
  if (match === null) return undefined;
  const [, before = '', name = '', brackets = ''] = match;
  const base = before.trim().replaceAll(/\s+/g, ' ');
  if (base === '') return undefined;
  const location = base.startsWith('__data_loc ')
    ? 'data_loc'
    : base.startsWith('__rel_loc ')
      ? 'rel_loc'
      : undefined;
  const length = /^\[(\d+)\]$/.exec(brackets)?.[1];
  return {
    name,
    type: `${base}${brackets}`,
    ...(location === undefined ? {} : { location }),
    ...(length === undefined ? {} : { elements: Number(length) }),
  };
}
