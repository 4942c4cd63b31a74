#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <variant>

#include "app/outcome.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/output_file.hpp"
#include "wire/json.hpp"

namespace wxpay::cli {

namespace {

constexpr std::size_t largest_request = std::size_t{1} << 20U;
constexpr std::size_t largest_answer = std::size_t{16} << 20U;
/// Of a file that is downloaded.
constexpr std::size_t largest_download = std::size_t{1} << 40U;

struct ApiOptions {
  std::string method;
  std::string target;
  std::string data;
  std::vector<std::string> headers;
  bool xml = false;
  std::string out;
};

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
  throw Error{ErrorKind::usage, what, hint};
}

HttpMethod method_of(const ApiOptions& options) {
  const auto method = parse_http_method(options.method);
  if (!method) refuse("unknown method: " + shortened(options.method), "GET, POST, PUT, PATCH or DELETE");
  if (!has_body(*method) && !options.data.empty())
    refuse(options.method + " has no body, and --data is given");
  return *method;
}

/// Never a host: what is signed with the merchant's key goes to WeChat Pay and to nobody else.
void check_target(const std::string& target) {
  if (target.find("://") != std::string::npos || target.starts_with("//")) {
    refuse("PATH names a host: " + shortened(without_control_characters(target)),
           "give path and query alone, as /v3/certificates");
  }
  if (!target.starts_with('/'))
    refuse("PATH must begin with /: " + shortened(without_control_characters(target)));
  if (!is_visible(target))
    refuse("PATH must be percent-encoded: it holds a blank or a character beyond ASCII");
  if (target.find('#') != std::string::npos) refuse("PATH has a fragment (`#…`), which is never sent");
}

/// Those that a call has anyhow, or that would change how it is sent.
constexpr std::array<std::string_view, 8> own_headers{
    "authorization", "host",         "content-length", "connection",
    "user-agent",    "content-type", "accept",         "transfer-encoding"};

HttpHeader header_of(const std::string& text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  if (colon == std::string::npos || !is_visible(name))
    refuse("--header must be 'Name: value': " + shortened(without_control_characters(text)));
  const auto value = trim(std::string_view{text}.substr(colon + 1));
  if (value.empty() || has_control_character(value))
    refuse("--header " + shortened(name) + " has no usable value");
  if (std::find(own_headers.begin(), own_headers.end(), to_lower(name)) != own_headers.end())
    refuse("--header " + name + " is set by the program itself");
  return {name, std::string{value}};
}

/// Writes a download as it comes.
class FileSink final : public BodySink {
 public:
  explicit FileSink(OutputFile& file) : file_{file} {}

  bool take(std::string_view piece) noexcept override {
    try {
      file_.write(piece);
      return true;
    } catch (const Error& error) {
      failure_ = error;
      return false;
    }
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  OutputFile& file_;
  std::optional<Error> failure_;
};

Error failure_of(const Refused& refused) {
  const auto& said = refused.said;
  const auto& words = said.text.empty() ? said.code : said.text;
  const auto code = said.code.empty() ? std::string{"REFUSED"} : said.code;
  if (refused.reaction == Reaction::wrong_key) {
    return {ErrorKind::key, "WeChat Pay says that the signature is wrong: " + words,
            app::wrong_key_hint(said), code};
  }
  if (refused.reaction == Reaction::slow_down) {
    return {ErrorKind::gateway, "WeChat Pay refused the call: " + words,
            "the rate is limited: wait a minute and run it again", code};
  }
  return {ErrorKind::refused, "WeChat Pay refused the call: " + words, {}, code};
}

std::string json_of(const Fields& fields) {
  wire::JsonLine line;
  for (const auto& [name, value] : fields) line.text(name, value);
  return std::move(line).str() + "\n";
}

class ApiCall {
 public:
  ApiCall(const ApiOptions& options, Services& services, Output& output)
      : options_{options}, services_{services}, output_{output} {}

  int run() {
    auto request = read_request();
    std::optional<OutputFile> file;
    std::optional<FileSink> sink;
    if (!options_.out.empty()) {
      services_.refuse_output("--out", options_.out);
      file.emplace(options_.out);
      sink.emplace(*file);
      request.sink = &*sink;
    }
    request.largest_response = file ? largest_download : largest_answer;
    output_.set_code_when_closed(exit_cut_short);
    const auto outcome = call(std::move(request));
    if (sink && sink->failure()) throw Error{*sink->failure()};
    if (const auto* refused = std::get_if<Refused>(&outcome)) throw failure_of(*refused);
    if (const auto* unknown = std::get_if<Unknown>(&outcome))
      throw Error{unknown->kind, unknown->message, {}, unknown->code};
    output_.set_code_when_closed(exit_done);
    show(std::get<RawAnswer>(outcome), file ? &*file : nullptr);
    return exit_done;
  }

 private:
  RawRequest read_request() {
    RawRequest request;
    request.method = method_of(options_);
    check_target(options_.target);
    request.target = options_.target;
    for (const auto& header : options_.headers) request.headers.push_back(header_of(header));
    if (options_.xml && options_.data.empty()) refuse("--xml needs the fields: --data FILE");
    if (!options_.data.empty()) {
      if (options_.data.front() == '{' || options_.data.front() == '<') {
        refuse("--data is the name of a file, not the data itself", "- is standard input");
      }
      services_.add_inputs({options_.data});
      request.body = read_input(options_.data, largest_request);
      if (!is_utf8(request.body)) refuse("the data is not UTF-8");
    }
    return request;
  }

  RawOutcome call(RawRequest request) {
    if (services_.profile().api == Api::v2 && !options_.xml) {
      refuse("the profile is of API v2, whose calls are XML", "give --xml with the fields as --data");
    }
    if (services_.profile().api == Api::v2 || !options_.xml)
      return services_.gateway().raw(std::move(request));
    const auto* older = services_.api().older_api();
    if (older == nullptr) {
      throw Error{ErrorKind::key, "--xml is a call of API v2, and the profile has no key of API v2",
                  "add key_file to the profile, or name one of API v2 with -p"};
    }
    return services_.call_by(*older, std::move(request));
  }

  void show(const RawAnswer& answer, OutputFile* file) {
    if (file != nullptr) {
      file->write(answer.body);
      file->finish();
      return;
    }
    if (options_.xml && output_.format() == OutputFormat::json) {
      output_.print_text(json_of(answer.fields));
      return;
    }
    const bool ends_line = answer.body.empty() || answer.body.ends_with('\n');
    output_.print_text(output_.is_terminal() && !ends_line ? answer.body + "\n" : answer.body);
  }

  const ApiOptions& options_;
  Services& services_;
  Output& output_;
};

}  // namespace

void add_api(CLI::App& root, Command& chosen) {
  auto options = std::make_shared<ApiOptions>();
  auto* command = root.add_subcommand("api", "Send any call to WeChat Pay and print its answer, verified");
  command->add_option("METHOD", options->method, "GET, POST, PUT, PATCH or DELETE")->required();
  command->add_option("PATH", options->target, "Path and query, as /v3/certificates; never a host")
      ->required();
  command->add_option("--data", options->data, "What is sent; - is standard input")->type_name("FILE");
  command->add_option("--header", options->headers, "One more header, 'Name: value'")
      ->type_name("HEADER")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--xml", options->xml,
                    "A call of API v2: the data is a set of fields, sent signed as XML");
  command->add_option("--out", options->out, "Write the answer into this file, as a bill")->type_name("FILE");
  command->footer(
      "The answer is printed as it came; with --xml and --json as a JSON object. The ledger is not touched:\n"
      "what such a call changes at WeChat Pay, query and reconcile find out.\n\n"
      "Examples:\n"
      "  wxpayctl api GET /v3/certificates\n"
      "  wxpayctl api POST /v3/marketing/favor/stocks/9856000/start --data request.json\n"
      "  wxpayctl api POST /pay/orderquery --xml --data fields.json --json\n\n"
      "Exit codes: 0 answered; 1 WeChat Pay refused; 2 wrong usage; 3 no key, or WeChat Pay says that the\n"
      "signature is wrong; 4 no answer; 5 the answer's signature does not hold; 8 a file cannot be read or\n"
      "written");
  command->callback([&chosen, options] {
    chosen = [options](Services& services, Output& output) {
      return ApiCall{*options, services, output}.run();
    };
  });
}

}  // namespace wxpay::cli
