// What the search shows first: a lecture or the glossary, then the pages that look things up, then
// the exercises and the kit, and a method of the library last. Within a group, as Sphinx ranks.
var Scorer = {
  score: ([page, title, anchor, description, score]) => {
    const groups = [
      [/^lectures\/\d\d_/, 400], [/^glossary$/, 400],
      [/^(notation|refresher|students|index|lectures\/(README|equations))$/, 300],
      [/^lectures\/exercises\//, 200], [/^lectures\//, 100], [/^add_/, 100],
    ];
    const group = groups.find(([pattern]) => pattern.test(page));
    return score + (group ? group[1] : 0);
  },
  objNameMatch: 11, objPartialMatch: 6, objPrio: {0: 15, 1: 5, 2: -5}, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
};
