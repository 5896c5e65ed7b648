#include "json.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <sstream>

namespace hifi::json {

namespace {

constexpr int deepest = 32;  // a line of the engine nests four levels

void append_utf8(std::string& text, unsigned code) {
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | (code >> 6));
        text += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0 | (code >> 12));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        text += static_cast<char>(0xF0 | (code >> 18));
        text += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        text += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        text += static_cast<char>(0x80 | (code & 0x3F));
    }
}

}  // namespace

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool whole(Value& value) {
        if (!read(value, 0)) return false;
        skip_space();
        return at_ == text_.size();
    }

private:
    bool read(Value& value, int depth) {
        skip_space();
        if (depth > deepest || at_ >= text_.size()) return false;
        switch (text_[at_]) {
            case '{': return items(value, Value::Kind::object, '}', depth);
            case '[': return items(value, Value::Kind::list, ']', depth);
            case '"': value.kind_ = Value::Kind::text; return string(value.text_);
            case 't': return word("true", value, Value::Kind::boolean, 1);
            case 'f': return word("false", value, Value::Kind::boolean, 0);
            case 'n': return word("null", value, Value::Kind::null, 0);
            case 'N': return word("NaN", value, Value::Kind::number, 0);
            case 'I': return word("Infinity", value, Value::Kind::number, HUGE_VAL);
            default: return number(value);
        }
    }

    bool items(Value& value, Value::Kind kind, char end, int depth) {
        value.kind_ = kind;
        ++at_;
        if (skips(end)) return true;
        do {
            if (kind == Value::Kind::object) {
                skip_space();
                if (!string(value.keys_.emplace_back()) || !skips(':')) return false;
            }
            if (!read(value.items_.emplace_back(), depth + 1)) return false;
        } while (skips(','));
        return skips(end);
    }

    bool string(std::string& result) {
        if (at_ >= text_.size() || text_[at_] != '"') return false;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '"') return ++at_, true;
            if (text_[at_] != '\\') {
                result += text_[at_];
            } else if (!escape(result)) {
                return false;
            }
        }
        return false;
    }

    bool escape(std::string& result) {
        if (++at_ >= text_.size()) return false;
        constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
        if (text_[at_] == 'u') return unicode(result);
        const auto index = letters.find(text_[at_]);
        if (index == letters.npos) return false;
        result += meanings[index];
        return true;
    }

    bool unicode(std::string& result) {
        unsigned code = 0, low = 0;
        if (!hexadecimal(code)) return false;
        const bool half_of_pair = code >= 0xD800 && code < 0xDC00;
        if (half_of_pair && text_.substr(at_ + 1, 2) == "\\u") {
            at_ += 2;
            if (!hexadecimal(low)) return false;
            code = 0x10000 + ((code - 0xD800) << 10) + ((low - 0xDC00) & 0x3FF);
        }
        append_utf8(result, code);
        return true;
    }

    bool hexadecimal(unsigned& code) {
        for (int digit = 0; digit < 4; ++digit) {
            if (++at_ >= text_.size()) return false;
            const char letter = text_[at_];
            const char* digits = "0123456789abcdef";
            int value = 0;
            while (value < 16 && digits[value] != (letter | ((letter >= 'A') ? 0x20 : 0))) ++value;
            if (value == 16) return false;
            code = code * 16 + static_cast<unsigned>(value);
        }
        return true;
    }

    bool number(Value& value) {
        const auto end = text_.find_first_not_of("+-.0123456789eE", at_);
        const std::string digits(text_.substr(at_, end == text_.npos ? end : end - at_));
        value.kind_ = Value::Kind::number;
        at_ += digits.size();
        // Not strtod: a host may have set a locale whose decimal point is a comma.
        std::istringstream reader(digits);
        reader.imbue(std::locale::classic());
        return static_cast<bool>(reader >> value.number_) && reader.peek() == EOF;
    }

    bool word(std::string_view expected, Value& value, Value::Kind kind, double number) {
        if (text_.substr(at_, expected.size()) != expected) return false;
        value.kind_ = kind;
        value.number_ = number;
        at_ += expected.size();
        return true;
    }

    bool skips(char expected) {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != expected) return false;
        ++at_;
        return true;
    }

    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
            ++at_;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::optional<Value> Value::parse(std::string_view text) {
    Value value;
    if (!Reader(text).whole(value)) return {};
    return value;
}

const Value& Value::operator[](std::string_view key) const {
    static const Value nothing;
    for (std::size_t index = 0; index < keys_.size(); ++index) {
        if (keys_[index] == key) return items_[index];
    }
    return nothing;
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            result += '\\';
            result += letter;
        } else if (code < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", code);
            result += escaped;
        } else {
            result += letter;
        }
    }
    return result + '"';
}

std::string number(double value) {
    char text[32];
    for (int digits = 6; digits <= 17; ++digits) {
        std::snprintf(text, sizeof text, "%.*g", digits, value);
        if (std::strtod(text, nullptr) == value) break;
    }
    // As above, the other way round.
    for (char* letter = text; *letter; ++letter) {
        if (*letter == ',') *letter = '.';
    }
    return text;
}

Object& Object::add(std::string_view key, std::string_view json_value) {
    if (text_.size() > 1) text_ += ',';
    text_ += quoted(key);
    text_ += ':';
    text_ += json_value;
    return *this;
}

}  // namespace hifi::json
