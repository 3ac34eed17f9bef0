// Messages between a process and one that it forked: each arrives whole.

#ifndef POWERCUT_HARNESS_SYSTEM_MESSAGE_SOCKET_H_
#define POWERCUT_HARNESS_SYSTEM_MESSAGE_SOCKET_H_

#include <string>
#include <string_view>
#include <utility>

namespace powercut {

// Two ends of one connection, closed by exec.
std::pair<int, int> MessageSocketPair();

// Waits until the message is on its way. False: the other end is gone.
bool SendMessage(int socket, std::string_view message);

// Waits for the next message. False: the other end is gone.
bool ReceiveMessage(int socket, std::string& message);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_MESSAGE_SOCKET_H_
