// Messages between a process and one that it forked. Each arrives whole and in
// order.

#ifndef POWERCUT_HARNESS_SYSTEM_MESSAGE_SOCKET_H_
#define POWERCUT_HARNESS_SYSTEM_MESSAGE_SOCKET_H_

#include <string>
#include <string_view>
#include <utility>

namespace powercut {

// The two ends of one connection. The caller closes each; exec() closes them,
// too. Throws Shortage if there are no descriptors left.
std::pair<int, int> MessageSocketPair();

// Waits until the kernel has taken the whole message. False if the other end is
// closed.
bool SendMessage(int socket, std::string_view message);

// Waits for the next message and puts it into `message`. False if the other end
// is closed, or was closed in the middle of a message.
// Requires: the sender is trusted; memory for the size that it announces is
// allocated.
bool ReceiveMessage(int socket, std::string& message);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_MESSAGE_SOCKET_H_
