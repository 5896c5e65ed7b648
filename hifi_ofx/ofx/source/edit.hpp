// What happens when a user changes something.
#pragma once

#include "instance.hpp"

namespace hifi {

ofx::Status changed(Instance& instance, const Properties& in);
// A user looks at the parameters: the status line says what is true now.
ofx::Status shown(Instance& instance);

}  // namespace hifi
