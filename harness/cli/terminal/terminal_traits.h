// What a terminal is like: its width, and whether it takes escape sequences.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_TERMINAL_TRAITS_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_TERMINAL_TRAITS_H_

#include <cstddef>

namespace powercut {

// Returns the columns of the terminal behind a descriptor, such as 1 for
// standard output; 0 if it is no terminal or does not know its size.
size_t TerminalColumns(int descriptor);

// Whether a descriptor is a terminal that takes escape sequences: $TERM names
// one that is not `dumb`.
bool TakesEscapes(int descriptor);

// Whether the user wants no colors anywhere: $NO_COLOR is set and not empty.
bool RefusesColors();

// Returns the columns for text on standard output: those that $COLUMNS asks
// for, else those of the terminal, else 80. The result is 40 to kTextColumns:
// narrower text cannot be laid out, and longer lines are hard to read.
size_t TextColumns();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_TERMINAL_TRAITS_H_
