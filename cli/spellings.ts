// grpcurl's and protoc's spellings of our options: "-cacert FILE" for "--cacert FILE", "--proto_path=DIR" for "--import-path=DIR".

/** Options that grpcurl writes with one hyphen. */
const SINGLE_HYPHEN =
  /^-(plaintext|insecure|cacert|cert|key|servername|proto|protoset|import-path|reflect-header|help|version)(=.*)?$/;

/** protoc's names, with `=` or as a word of their own. */
const PROTOC: readonly (readonly [RegExp, string])[] = [
  [/^--proto_path(?=$|=)/, "--import-path"],
  [/^--descriptor_set_in(?=$|=)/, "--protoset"],
];

/** @returns the words with every familiar spelling replaced by ours */
export function familiarSpellings(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return words.map((word, index) => (end < 0 || index < end ? familiar(word) : word));
}

function familiar(word: string): string {
  if (SINGLE_HYPHEN.test(word)) return `-${word}`;
  for (const [theirs, ours] of PROTOC) if (theirs.test(word)) return word.replace(theirs, ours);
  return word;
}
