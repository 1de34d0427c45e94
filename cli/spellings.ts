// grpcurl's spellings of our options: "-cacert FILE" for "--cacert FILE".

/** Options that grpcurl writes with one hyphen. */
const SINGLE_HYPHEN = /^-(plaintext|insecure|cacert|cert|key|servername|help|version)(=.*)?$/;

/** @returns the words with every familiar spelling replaced by ours */
export function familiarSpellings(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return words.map((word, index) => ((end < 0 || index < end) && SINGLE_HYPHEN.test(word) ? `-${word}` : word));
}
