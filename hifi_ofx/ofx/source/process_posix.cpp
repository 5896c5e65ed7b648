// Child processes on Linux and macOS.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "platform.hpp"
#include "posix.hpp"

#ifdef __APPLE__
#include <crt_externs.h>
#define environ (*_NSGetEnviron())  // a library has no variable of that name there
#else
extern char** environ;
#endif

#ifdef HIFI_OWN_RUNTIME
// A C++ library that is linked into a plug-in keeps 72 kB for exceptions without memory; with
// every load and unload of the plug-in they would be lost.
namespace __gnu_cxx {
__attribute__((weak)) void __freeres();
}

__attribute__((destructor(101))) static void give_the_runtime_s_memory_back() {
    if (__gnu_cxx::__freeres) __gnu_cxx::__freeres();
}
#endif

namespace hifi::platform {

namespace {

constexpr int stop_milliseconds = 2000;

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

class Actions {
public:
    Actions() { posix_spawn_file_actions_init(&actions); }
    ~Actions() { posix_spawn_file_actions_destroy(&actions); }
    posix_spawn_file_actions_t actions;
};

class Attributes {
public:
    Attributes() {
        posix_spawnattr_init(&attributes);
        // Its own session: Ctrl-C in the host's terminal must not reach it. Its own signals: a
        // host may ignore or block some.
        short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
        flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
        posix_spawnattr_setflags(&attributes, flags);
        sigset_t none, standard;
        sigemptyset(&none);
        sigemptyset(&standard);
        for (int signal : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD}) sigaddset(&standard, signal);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &standard);
    }
    ~Attributes() { posix_spawnattr_destroy(&attributes); }
    posix_spawnattr_t attributes;
};

// The host's own open files and connections are none of the child's business.
void close_the_host_s(Actions& actions) {
#ifdef __linux__
    DIR* open_files = opendir("/proc/self/fd");
    if (!open_files) return;
    while (const dirent* entry = readdir(open_files)) {
        const int number = std::atoi(entry->d_name);
        if (number <= 2 || number == dirfd(open_files)) continue;
        const int flags = fcntl(number, F_GETFD);
        if (flags >= 0 && !(flags & FD_CLOEXEC)) {
            posix_spawn_file_actions_addclose(&actions.actions, number);
        }
    }
    closedir(open_files);
#else
    (void)actions;
#endif
}

pid_t spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            int in_and_out, const fs::path& log) {
    Actions actions;
    const int input = in_and_out < 0 ? 0 : in_and_out;
    if (in_and_out < 0) {
        posix_spawn_file_actions_addopen(&actions.actions, 0, "/dev/null", O_RDWR, 0);
    } else {
        posix_spawn_file_actions_adddup2(&actions.actions, input, 0);
    }
    posix_spawn_file_actions_addopen(&actions.actions, 2, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions.actions, in_and_out < 0 ? 2 : input, 1);
    close_the_host_s(actions);
    Attributes attributes;
    auto words = pointers(command), variables = pointers(environment);
    pid_t child = 0;
    const int code = posix_spawnp(&child, words[0], &actions.actions, &attributes.attributes,
                                  words.data(), variables.data());
    if (code) fail(command[0] + " cannot be started", code);
    return child;
}

std::string words_for(int status) {
    if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
    return "stopped (exit code " + std::to_string(WEXITSTATUS(status)) + ")";
}

class PosixChild : public Child {
public:
    PosixChild(pid_t child, int socket) : child_(child), socket_(socket) {}

    ~PosixChild() override {
        close(socket_);
        if (!ends_within(stop_milliseconds)) kill();
    }

    bool send(std::string_view line) override {
#ifdef MSG_NOSIGNAL
        constexpr int flags = MSG_NOSIGNAL;  // else a child that died would take the host along
#else
        constexpr int flags = 0;
#endif
        while (!line.empty()) {
            const ssize_t sent = ::send(socket_, line.data(), line.size(), flags);
            if (sent < 0 && errno == EINTR) continue;
            if (sent <= 0) return false;
            line.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    Received receive(std::string& buffer, int milliseconds) override {
        pollfd waiting{socket_, POLLIN, 0};
        if (poll(&waiting, 1, milliseconds) <= 0) return Received::nothing;
        char bytes[4096];
        const ssize_t count = recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Received::nothing;
        if (count <= 0) return Received::end;
        buffer.append(bytes, static_cast<std::size_t>(count));
        return Received::bytes;
    }

    bool is_running() override { return !ends_within(0); }

    void kill() override {
        if (ended_) return;
        ::kill(child_, SIGKILL);
        ends_within(stop_milliseconds);
    }

    std::string fate() override {
        ends_within(1000);
        return ended_ ? words_ : "does not answer any more";
    }

private:
    bool ends_within(int milliseconds) {
        for (int waited = 0; !ended_; waited += 10) {
            int status = 0;
            const pid_t found = waitpid(child_, &status, WNOHANG);
            if (found == child_) {
                ended_ = true;
                words_ = words_for(status);
            } else if (found < 0 && errno == ECHILD) {  // the host collects all children itself
                ended_ = true;
                words_ = "has ended";
            } else if (waited >= milliseconds) {
                return false;
            } else {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
        }
        return true;
    }

    pid_t child_;
    int socket_;
    bool ended_ = false;
    std::string words_;
};

void close_on_exec(int file) { fcntl(file, F_SETFD, FD_CLOEXEC); }

}  // namespace

std::unique_ptr<Child> Child::start(const std::vector<std::string>& command,
                                    const std::vector<std::string>& environment,
                                    const fs::path& log) {
    int ends[2];
#ifdef SOCK_CLOEXEC
    constexpr int kind = SOCK_STREAM | SOCK_CLOEXEC;
#else
    constexpr int kind = SOCK_STREAM;
#endif
    if (socketpair(AF_UNIX, kind, 0, ends)) fail("No connection to the engine", errno);
    close_on_exec(ends[0]);
    close_on_exec(ends[1]);
#ifdef SO_NOSIGPIPE
    const int on = 1;
    setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    try {
        const pid_t child = spawn(command, environment, ends[1], log);
        close(ends[1]);
        return std::make_unique<PosixChild>(child, ends[0]);
    } catch (...) {
        close(ends[0]);
        close(ends[1]);
        throw;
    }
}

std::string start_alone(const std::vector<std::string>& command,
                        const std::vector<std::string>& environment, const fs::path& log,
                        int milliseconds) {
    // Those that have ended by now are collected, or they stay in the process table.
    static std::mutex mutex;
    static std::vector<pid_t> children;
    const std::lock_guard<std::mutex> guard(mutex);
    auto ended = [](pid_t child) { return waitpid(child, nullptr, WNOHANG) != 0; };
    children.erase(std::remove_if(children.begin(), children.end(), ended), children.end());
    const pid_t child = spawn(command, environment, -1, log);
    for (int waited = 0; waited < milliseconds; waited += 20) {
        int status = 0;
        if (waitpid(child, &status, WNOHANG) == child) return words_for(status);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    children.push_back(child);
    return "";
}

std::vector<std::string> environment() {
    std::vector<std::string> result;
    for (char** entry = environ; entry && *entry; ++entry) result.emplace_back(*entry);
    return result;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace hifi::platform
