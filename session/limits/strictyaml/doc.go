// Package strictyaml reads a YAML file in which a slip of the pen must not pass:
// every value keeps its place, and every problem is reported with file, line,
// column, source line and remedy, all of them at once.
//
// It reads less than YAML on purpose. A document is one mapping of text, true or
// false, lists and mappings. Refused are: more than one document, files over
// [MaxSize], text that is not UTF-8, directives, anchors and aliases (so nothing
// can expand), merge keys, explicit tags, keys that are not text or come twice,
// and control characters. A bare number stays text with a number's tag, which
// [Source.Fill] refuses: no float is ever made, and 010 never becomes 8.
//
// It does not know what the values mean. [Read] gives a [Source]; the caller fills
// a struct from it with [Source.Fill], which says what keys and kinds there may be,
// and reports what it finds itself with [Source.At]. Nothing here touches a file, a
// network or a clock. A Source is not changed after Read and safe for concurrent use.
package strictyaml
