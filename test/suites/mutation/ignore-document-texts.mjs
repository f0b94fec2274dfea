/**
 * Keys of rows whose values say nothing about the tests of the code: prose, which the unit test of the generated documents
 * compares, and words of which the compiler accepts no others.
 */
const LEFT_OUT = new Set(['text', 'meaning', 'absent', 'statistic', 'emitted', 'graph']);

export const strykerPlugins = [
  {
    kind: 'Ignore',
    name: 'document-texts',
    value: {
      shouldIgnore(path) {
        const { key } = path.isObjectProperty() ? path.node : {};
        return key?.type === 'Identifier' && LEFT_OUT.has(key.name) ? 'the text of a document' : undefined;
      },
    },
  },
];
