// What messages and `powercut ops` say about ops: how an op is written, and
// which op the author of a workload meant who wrote the word of another system.

#ifndef POWERCUT_MODEL_PCUT_OP_WORDS_H_
#define POWERCUT_MODEL_PCUT_OP_WORDS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/words/op.h"

namespace powercut {

// Returns how an op is written without its flags and keys, such as
// `write PATH OFFSET LENGTH`. There are no quotes around the text.
std::string OpSyntax(const OpSignature& signature);
// Returns OpSyntax() followed by the flags and keys, each in brackets, such as
// `write PATH OFFSET LENGTH [dsync] [sync] [fill=N]`.
std::string OpSyntaxWithOptions(const OpSignature& signature);

// Returns the op that a word of POSIX, Linux, macOS, Win32, NT or CLFS means,
// or that a command of a shell means, such as `syncfs` for `sync`. The case of
// letters does not matter. `std::nullopt` if the word is not in the table.
std::optional<OpKind> OpMeantBy(std::string_view word);

// Returns what helps somebody whose word is no op, to be put after the message:
// it begins with `; `. It names the op that is meant, or the nearest op or
// directive by spelling, or `powercut record` if no workload can say what the
// word means, or `powercut ops`.
std::string UnknownOpRemedy(std::string_view word,
                            std::span<const std::string_view> directives);

// Returns why a flag is refused that the op's interface knows and powercut does
// not offer, such as `use_reservation`, and the way to go in its place, such as
// `powercut record` for `punch_hole`. Empty for any other flag.
std::string RefusedFlagReason(OpKind kind, std::string_view flag);

// Returns who gives the name that the op takes, such as ", where VIEW is a name
// that `map` gave", to be put after the op's syntax. Empty where the syntax
// says enough.
std::string_view WhoNames(OpKind kind);

// Whether no backend offers the op, so that only the model knows it.
bool NoBackendOffers(OpKind kind);

// Returns what helps somebody whose backend does not offer an op, to be put
// after the message: it begins with `; `.
std::string NotOfferedRemedy(OpKind kind);
// The same for `start N OP` and for `wait N`.
std::string NoOverlapRemedy();

}  // namespace powercut

#endif  // POWERCUT_MODEL_PCUT_OP_WORDS_H_
