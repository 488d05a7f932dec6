import type { TracepointField, TracepointFormat } from '../program/index.ts';

const fieldPattern = /^\tfield:(.*?);\toffset:(\d+);\tsize:(\d+);(?:\tsigned:(\d+);)?/;
/** Everything before the last identifier is the type, array brackets after it belong to the type too. */
const declarationPattern = /^(.*?)([A-Za-z_]\w*)((?:\[[^\]]*\])*)$/;

/** Reads a tracefs `format` file; undefined when it has no id. Source: kernel/trace/trace_events.c, f_show(). */
export function parseTracepointFormat(text: string): TracepointFormat | undefined {
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (id === undefined) return undefined;
  const fields: TracepointField[] = [];
  for (const line of text.split('\n')) {
    const row = fieldPattern.exec(line);
    const declaration = row && declarationPattern.exec(row[1] ?? '');
    if (!declaration) continue;
    fields.push({
      name: declaration[2] ?? '',
      type: `${(declaration[1] ?? '').trim()}${declaration[3] ?? ''}`,
      offset: Number(row[2]),
      size: Number(row[3]),
      signed: row[4] === '1',
    });
  }
  return { id: Number(id), fields };
}
