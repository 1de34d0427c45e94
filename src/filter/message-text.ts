// The text of a message as somebody searches in it.

/**
 * JSON as it stands, and where that is another text as a person reads the strings in it, who looks for say "hi" and not for say \"hi\".
 * @param json or any other text
 */
export function searchedTexts(json: string): readonly string[] {
  return json.includes("\\") ? [json, json.replace(/\\(["\\])/g, "$1")] : [json];
}

/** Whether a text is in a message; small and capital letters are the same. @param wanted in small letters */
export function isInMessage(json: string, wanted: string): boolean {
  return searchedTexts(json).some((text) => text.toLowerCase().includes(wanted));
}
