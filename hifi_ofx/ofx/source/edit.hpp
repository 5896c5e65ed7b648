// What happens when a user changes something.
#pragma once

#include "instance.hpp"

namespace hifi {

ofx::Status changed(Instance& instance, const Properties& in);
// The host saves, or asks for what it would: the status line says what is true now.
ofx::Status synchronized(Instance& instance);

}  // namespace hifi
