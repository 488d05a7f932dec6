/** What stands between an archive and a file inside it: `base.apk!/lib/arm64/libapp.so`. */
const INSIDE = '!/';

/** The two parts of a path into an archive; undefined for the path of a file. */
export function splitArchivePath(
  path: string,
): { readonly archive: string; readonly member: string } | undefined {
  const at = path.indexOf(INSIDE);
  return at < 0 ? undefined : { archive: path.slice(0, at), member: path.slice(at + INSIDE.length) };
}
