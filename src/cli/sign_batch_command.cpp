#include "cli/sign_batch_command.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <thread>

#include "app/pipeline.hpp"
#include "base/text.hpp"
#include "base/text_template.hpp"
#include "cli/exit_code.hpp"
#include "cli/input.hpp"
#include "cli/progress.hpp"
#include "cli/result_fields.hpp"
#include "cli/streams.hpp"
#include "wire/file_kind.hpp"
#include "wire/records.hpp"

namespace wxpay::cli {

namespace {

using Columns = std::vector<std::string>;

constexpr std::size_t output_piece = std::size_t{64} << 10U;
/// No line is nearly as long; what is belongs to another kind of file.
constexpr std::size_t longest_line = std::size_t{1} << 20U;

/// Lines that wait for a thread: enough that none runs out of them.
constexpr std::size_t lines_ahead = 1024;

enum Gap : std::size_t { gap_line, gap_prepay_id, gap_timestamp, gap_nonce, gap_sign };

Columns columns_of(TradeType trade_type) {
  if (trade_type == TradeType::app) {
    return {"line",      "appid", "partnerid", "prepayid",   "package", "noncestr",
            "timestamp", "sign",  "prepayId",  "resultCode", "errCode", "errCodeDes"};
  }
  return {"line",    "appId",    "timeStamp",  "nonceStr", "package",   "signType",
          "paySign", "prepayId", "resultCode", "errCode",  "errCodeDes"};
}

/// Nothing that JSON or CSV would escape.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  });
}

/// How many lines a file has that are not blank, for the progress line.
std::optional<std::int64_t> count_lines(const std::string& path, const InputStream& input, Services& services,
                                        Output& output) {
  if (!output.shows_progress() || !input.can_be_read_twice()) return std::nullopt;
  InputStream again{path, services.stop()};
  auto reader = wire::RecordReader::of_lines(
      [&again](char* buffer, std::size_t size) { return again.read(buffer, size); }, longest_line);
  std::int64_t count = 0;
  try {
    while (const auto line = reader.next()) count += trim(line->text).empty() ? 0 : 1;
  } catch (const Error& error) {
    // What is wrong with the file is told when its lines before that have been signed.
    if (error.kind() != ErrorKind::file) throw;
    return std::nullopt;
  }
  return count;
}

/// Why these first lines are no list of prepay_ids; nothing where they may be one.
std::optional<Error> another_list(std::string_view first_bytes) {
  using Kind = wire::ForeignFile::Kind;
  const auto refuse = [](const std::string& what, const std::string& way_out) {
    return Error{ErrorKind::usage, "the list of prepay_ids is " + what, way_out};
  };
  constexpr const char* cut =
      "give one prepay_id a line, as 'cut -d, -f2 FILE | tail -n +2' cuts out a column";
  constexpr const char* pick = "give one prepay_id a line: jq -r '.. | .prepayId? // empty' FILE";
  if (const auto foreign = wire::foreign_file(first_bytes)) {
    const bool is_text = foreign->kind == Kind::json || foreign->kind == Kind::table;
    return refuse(foreign->what, !is_text                      ? wire::way_out(*foreign)
                                 : foreign->kind == Kind::json ? pick
                                                               : cut);
  }
  const auto line = trim(first_bytes.substr(0, first_bytes.find('\n')));
  if (line.starts_with("{\"")) return refuse("JSON", pick);
  const bool is_header =
      line.find(',') != std::string_view::npos && to_lower(line).find("prepay") != std::string::npos;
  return is_header ? std::optional{refuse("a table", cut)} : std::nullopt;
}

/// A result without its line: the parameters and, as everywhere, the prepay_id.
report::Record result_of(const Fields& parameters, const std::string& prepay_id) {
  report::Record record;
  record.fields(parameters).text("prepayId", prepay_id);
  return record;
}

/// A line of the input with what was made of it.
struct SignedLine {
  std::size_t number = 0;
  std::string prepay_id;
  const char* problem = nullptr;  ///< why it is not signed
  std::string timestamp = {};
  std::string nonce = {};
  std::string signature = {};  ///< for the form
  Fields parameters = {};      ///< where the form does not do
};

/// One run over the input. Results in JSON and CSV are filled into a form, which is many times faster than
/// building each; in text, and where a prepay_id would need escaping, they are built.
class BatchRun {
 public:
  BatchRun(const SignBatch& batch, Services& services, Output& output)
      : batch_{batch},
        services_{services},
        output_{output},
        merchant_{services.profile().merchant},
        columns_{columns_of(batch.trade_type)},
        signer_{services.offline_api().pay_signer()},
        form_{text_with_gaps()},
        timestamp_{batch.timestamp},
        input_{batch.file, services.stop()},
        // Whoever feeds this by hand or through a pipe has the results of what was given before the next is
        // awaited.
        reader_{wire::RecordReader::of_lines(
            [this](char* buffer, std::size_t size) {
              flush();
              return input_.read(buffer, size);
            },
            longest_line)},
        progress_{output, services.clock(), count_lines(batch.file, input_, services, output)} {}

  int run();

 private:
  class Item;

  bool is_text() const { return output_.format() == OutputFormat::text; }
  bool is_json() const { return output_.format() == OutputFormat::json; }
  std::string text_with_gaps() const;
  std::optional<SignedLine> next();
  void sign(SignedLine& line, PaySeries& series) const;
  void sign_in_turn();
  void sign_at_once(std::size_t threads);
  void give(const SignedLine& line);
  void refuse(const SignedLine& line);
  void add(std::size_t line, const report::Record& result);
  void flush();
  void end();

  const SignBatch& batch_;
  Services& services_;
  Output& output_;
  const MerchantIdentity& merchant_;
  Columns columns_;
  const PaySigner& signer_;
  TextTemplate form_;
  std::string timestamp_;
  std::chrono::sys_seconds timestamp_of_{};
  InputStream input_;
  wire::RecordReader reader_;
  Progress progress_;
  std::string text_;
  std::size_t signed_ = 0;
  std::size_t bad_ = 0;
  std::size_t last_line_ = 0;
  bool stopped_ = false;
};

int BatchRun::run() {
  if (auto error = another_list(reader_.first_bytes())) throw std::move(*error);
  output_.begin_rows(columns_);
  try {
    if (signs_slowly(batch_.scheme)) {
      sign_at_once(std::max(1U, std::thread::hardware_concurrency()));
    } else {
      sign_in_turn();
    }
  } catch (const Error&) {
    stopped_ = true;
    end();
    throw;
  }
  end();
  if (stopped_) return exit_interrupted;
  return bad_ == 0 ? exit_done : exit_refused;
}

/// The next line that is not blank, not yet signed; nothing at the end, or where it is to stop.
std::optional<SignedLine> BatchRun::next() {
  while (auto raw = reader_.next()) {
    stopped_ = services_.stop().requested();
    if (stopped_) return std::nullopt;
    if (trim(raw->text).empty()) continue;
    SignedLine line{.number = raw->line, .prepay_id = std::move(raw->text)};
    if (!is_prepay_id(line.prepay_id)) line.problem = "a prepay_id is 1 to 64 visible characters";
    if (signer_.holds_secret(line.prepay_id)) line.problem = "the key stands in it, which is a secret";
    if (line.problem != nullptr) return line;
    if (const auto now = services_.clock().now(); batch_.timestamp.empty() && now != timestamp_of_) {
      timestamp_of_ = now;
      timestamp_ = pay_timestamp(services_.clock());
    }
    line.timestamp = timestamp_;
    line.nonce = make_nonce(services_.random());
    return line;
  }
  return std::nullopt;
}

/// From any thread, with a series of its own.
void BatchRun::sign(SignedLine& line, PaySeries& series) const {
  if (!is_text() && is_plain(line.prepay_id)) {
    line.signature = series.sign(line.prepay_id, line.timestamp, line.nonce);
    return;
  }
  line.parameters = signer_.parameters(batch_.trade_type, merchant_, PrepayId{line.prepay_id}, batch_.scheme,
                                       line.timestamp, line.nonce);
}

void BatchRun::sign_in_turn() {
  const auto series = signer_.series(batch_.trade_type, merchant_, batch_.scheme);
  while (auto line = next()) {
    if (line->problem == nullptr) sign(*line, *series);
    give(*line);
  }
}

/// A line that is signed by one of several threads.
class BatchRun::Item final : public app::PipelineItem {
 public:
  using SeriesOfThreads = std::vector<std::unique_ptr<PaySeries>>;

  Item(const BatchRun& run, const SeriesOfThreads& series, SignedLine line)
      : run_{run}, series_{series}, line_{std::move(line)} {}

  Next first() const override { return line_.problem == nullptr ? Next::work : Next::done; }
  Next record() override { return Next::done; }
  Next work(std::size_t worker) override {
    run_.sign(line_, *series_.at(worker));
    return Next::done;
  }
  const SignedLine& line() const { return line_; }

 private:
  const BatchRun& run_;
  const SeriesOfThreads& series_;
  SignedLine line_;
};

void BatchRun::sign_at_once(std::size_t threads) {
  Item::SeriesOfThreads series;
  for (std::size_t i = 0; i < threads; ++i)
    series.push_back(signer_.series(batch_.trade_type, merchant_, batch_.scheme));
  app::Pipeline pipeline{{.workers = threads, .ahead = lines_ahead},
                         [](const std::function<void()>& work) { work(); },
                         services_.stop()};
  // What came before a line that cannot be read is signed all the same.
  std::exception_ptr failure;
  const auto read = [&]() -> std::unique_ptr<app::PipelineItem> {
    try {
      if (auto line = next()) return std::make_unique<Item>(*this, series, std::move(*line));
    } catch (const Error&) {
      failure = std::current_exception();
    }
    return nullptr;
  };
  pipeline.run({.read = read, .readable = [this] { return reader_.holds_line() || input_.is_readable(); }},
               {.give = [this](app::PipelineItem& item) { give(static_cast<Item&>(item).line()); },
                .leave = [](app::PipelineItem&) {},
                .pause = [this] { flush(); }});
  if (failure) std::rethrow_exception(failure);
  stopped_ = stopped_ || services_.stop().requested();
}

void BatchRun::give(const SignedLine& line) {
  last_line_ = line.number;
  if (line.problem != nullptr) {
    refuse(line);
  } else if (!line.parameters.empty()) {
    ++signed_;
    add(line.number, result_of(line.parameters, line.prepay_id));
  } else {
    ++signed_;
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), line.number);
    const std::string_view number{digits.data(), static_cast<std::size_t>(end.ptr - digits.data())};
    form_.append_to(text_, {number, line.prepay_id, line.timestamp, line.nonce, line.signature});
  }
  progress_.add(line.problem != nullptr);
  if (text_.size() >= output_piece) flush();
}

void BatchRun::refuse(const SignedLine& line) {
  ++bad_;
  output_.set_code_when_closed(exit_refused);
  report::Record result;
  describe_reply(result, app::Reply::refused, "PARAM_ERROR", line.problem);
  add(line.number, result);
}

/// The line of a result as it is built, with gaps in place of what differs.
std::string BatchRun::text_with_gaps() const {
  const auto prepay_id = TextTemplate::gap(gap_prepay_id);
  Fields shape;
  for (const auto& [name, value] :
       signer_.parameters(batch_.trade_type, merchant_, PrepayId{prepay_id}, batch_.scheme,
                          TextTemplate::gap(gap_timestamp), TextTemplate::gap(gap_nonce))) {
    shape.add(name, is_pay_signature(name) ? TextTemplate::gap(gap_sign) : value);
  }
  auto result = result_of(shape, prepay_id);
  if (is_json())
    return "{\"line\":" + TextTemplate::gap(gap_line) + "," + report::to_json(result).substr(1) + "\n";
  result.text("line", TextTemplate::gap(gap_line));
  return report::spreadsheet_row(result, columns_) + "\n";
}

void BatchRun::add(std::size_t line, const report::Record& result) {
  report::Record record;
  record.number("line", static_cast<std::int64_t>(line));
  for (const auto& [key, value] : result) record.text(key, std::get<std::string>(value));
  if (is_text()) {
    if (output_.is_terminal()) progress_.clear();
    output_.print_row(record, columns_);
  } else {
    text_ += (is_json() ? report::to_json(record) : report::spreadsheet_row(record, columns_)) + "\n";
  }
}

void BatchRun::flush() {
  if (output_.is_terminal()) progress_.clear();
  write_standard_output(text_, services_.stop());
  text_.clear();
  progress_.show();
}

void BatchRun::end() {
  flush();
  progress_.clear();
  output_.finish();
  if (output_.quiet()) return;
  auto sum = "wxpayctl: " + std::to_string(signed_) + " signed, " + std::to_string(bad_) + " bad";
  if (stopped_) sum += "; stopped after line " + std::to_string(last_line_);
  write_standard_error(sum + "\n");
}

}  // namespace

int sign_batch(const SignBatch& batch, Services& services, Output& output) {
  return BatchRun{batch, services, output}.run();
}

}  // namespace wxpay::cli
