import type { Filter } from './filter.js';

/** How model families write the ends of texts, files and turns; none of it is ever meant. */
const SPECIAL = new RegExp(
  [
    String.raw`<\|(?:endoftext|end_of_text|begin_of_text|eot_id|eom_id|im_start|im_end|im_sep|fim_\w+|code_\w+|file_sep(?:arator)?|repo_name|cursor|start_header_id|end_header_id|end_of_turn|system|user|assistant)\|>`,
    '<｜[^｜\\n]{1,40}｜>',
    String.raw`<\[(?:fim|end)[-_a-z]*\]>`,
    '<(?:fim_(?:prefix|suffix|middle|pad)|file_sep|reponame|gh_stars|end_of_turn|start_of_turn|EOT|eos)>',
    String.raw`<\|(?:endoftex|end_of_te|im_en|im_star|fim_(?:pre|suf|mid|pad)\w*|file_se)\w*$`,
  ].join('|'),
);
/** `</s>` is crossed-out text's end on pages, and the end of all text for Llama and Mistral. */
const SPECIAL_OR_TAG = new RegExp(`${SPECIAL.source}|</s>`);
const PAGES = new Set([
  'html',
  'vue',
  'svelte',
  'markdown',
  'php',
  'xml',
  'handlebars',
  'javascriptreact',
  'typescriptreact',
]);

/**
 * Cuts at the spelling of a special token. A document that itself speaks of such tokens, as the
 * source of a tokenizer does, is left alone.
 */
export const endOfText: Filter = {
  name: 'end-of-text',
  apply({ text, prefix, suffix, language }) {
    const pattern = PAGES.has(language) ? SPECIAL : SPECIAL_OR_TAG;
    const found = pattern.exec(text);
    return found && !pattern.test(prefix) && !pattern.test(suffix)
      ? { text: text.slice(0, found.index), note: `cut at ${found[0]}` }
      : { text };
  },
};
