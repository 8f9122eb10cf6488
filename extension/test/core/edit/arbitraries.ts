import fc from 'fast-check';

/** Lines as code has them: few different ones, so that equal and similar lines abound. */
export const line: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('', '}', '  }', '{', 'return', 'else:', '\treturn x;', '    pass'),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('', '  ', '    ', '\t'),
        fc.constantFrom('const total = ', 'return ', 'if item is ', 'print(', 'größe 🎈 = '),
        fc.integer({ min: 0, max: 6 }),
      )
      .map(([indentation, code, n]) => `${indentation}${code}${n}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => text.replace(/[\r\n]/g, '')),
  },
);

export const lines: fc.Arbitrary<string[]> = fc.array(line, { maxLength: 24 });

/** Two texts of which the second is an edit of the first: most lines are the same. */
export const edit: fc.Arbitrary<{ original: string[]; result: string[] }> = fc.oneof(
  fc.record({ original: lines, result: lines }),
  fc
    .tuple(
      lines,
      fc.array(
        fc.record({ at: fc.nat(24), remove: fc.nat(3), insert: fc.array(line, { maxLength: 3 }) }),
        { maxLength: 5 },
      ),
    )
    .map(([original, changes]) => {
      const result = [...original];
      for (const { at, remove, insert } of changes) {
        result.splice(Math.min(at, result.length), remove, ...insert);
      }
      return { original, result };
    }),
);

/** Cuts a text into pieces at random places, also within surrogate pairs and CRLF. */
export function chunksOf(text: string): fc.Arbitrary<string[]> {
  return fc.array(fc.nat(Math.max(text.length, 1)), { maxLength: 30 }).map((cuts) => {
    const places = [0, ...cuts.sort((a, b) => a - b), text.length];
    return places.slice(1).map((end, index) => text.slice(places[index], end));
  });
}
