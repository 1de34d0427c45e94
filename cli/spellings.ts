// grpcurl's and protoc's spellings of our options: "-cacert FILE" for "--cacert FILE", "--proto_path=DIR" for "--import-path=DIR".

/** Options that grpcurl writes with one hyphen. */
const SINGLE_HYPHEN =
  /^-(plaintext|insecure|cacert|cert|key|servername|proto|protoset|import-path|reflect-header|help|version)(=.*)?$/;

/** protoc's names, with `=` or as a word of their own. */
const PROTOC: readonly (readonly [RegExp, string])[] = [
  [/^--proto_path(?=$|=)/, "--import-path"],
  [/^--descriptor_set_in(?=$|=)/, "--protoset"],
];

/** Options of files, and the names that files of their kind have: a shell's `*` makes several words of one. */
const FILES: ReadonlyMap<string, RegExp> = new Map([
  ["--proto", /\.proto$/],
  ["--protoset", /\.(binpb|pb|protoset|desc|bin)(\.gz)?$/],
]);

/** @returns the words with every familiar spelling replaced by ours */
export function familiarSpellings(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  const ours = words.map((word, index) => (end < 0 || index < end ? familiar(word) : word));
  return ours.flatMap((word, index) => {
    const option = optionBefore(ours, index);
    return option === undefined || !FILES.get(option)?.test(word) ? [word] : [option, word];
  });
}

/**
 * How --proto and --protoset follow each other, which yargs keeps each for itself.
 * @param words with our spellings
 */
export function schemaOrder(words: readonly string[]): readonly ("proto" | "protoset")[] {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).flatMap((word) => {
    const option = /^--(proto|protoset)(?:=|$)/.exec(word)?.[1];
    return option === "proto" || option === "protoset" ? [option] : [];
  });
}

function familiar(word: string): string {
  if (SINGLE_HYPHEN.test(word)) return `-${word}`;
  for (const [theirs, ours] of PROTOC) if (theirs.test(word)) return word.replace(theirs, ours);
  return word;
}

/** The option of files whose second or later value a word may be. */
function optionBefore(words: readonly string[], index: number): string | undefined {
  const last = words.slice(0, index).findLastIndex((word) => word.startsWith("-"));
  return index - last > 1 ? words[last] : undefined;
}
