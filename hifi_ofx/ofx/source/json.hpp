// JSON, as much of it as the engine's lines need.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hifi::json {

// A value that was read. What is not there, or of another kind, reads as nothing, "" or 0.
class Value {
public:
    // Nothing for text that is not one whole JSON value.
    static std::optional<Value> parse(std::string_view text);

    const Value& operator[](std::string_view key) const;
    const std::string& text() const { return text_; }
    double number() const { return number_; }
    bool is_null() const { return kind_ == Kind::null; }

private:
    friend class Reader;
    enum class Kind { null, boolean, number, text, list, object };
    Kind kind_ = Kind::null;
    double number_ = 0;
    std::string text_;
    std::vector<Value> items_;
    std::vector<std::string> keys_;  // of an object, beside its items
};

// Text in quotes, escaped.
std::string quoted(std::string_view text);

// The shortest text that reads as the same number.
std::string number(double value);

// An object that is written entry by entry.
class Object {
public:
    Object& add(std::string_view key, std::string_view json_value);
    Object& text(std::string_view key, std::string_view value) { return add(key, quoted(value)); }
    Object& number(std::string_view key, double value) { return add(key, json::number(value)); }
    std::string str() const { return text_ + "}"; }

private:
    std::string text_ = "{";
};

}  // namespace hifi::json
