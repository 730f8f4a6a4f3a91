/** Names of users: what looks the same is the same (Unicode Technical Report 36, section 2.10.2). */

/** Characters that are not seen, or that turn the text around: formats, controls, fillers, what is not assigned. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** The form in which names are stored and compared: NFKC, so widths and ligatures make no second name. */
export const canonicalName = (name: string): string => name.normalize("NFKC");

export const hasUnseen = (name: string): boolean => UNSEEN.test(name);
