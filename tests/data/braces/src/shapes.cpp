// Shapes that scripts/check-braces tells apart; it is never compiled.
Order first() {
  Order order{.intent = {.merchant = ours, .total_fee = fee},
              .paid_at = time_of("paidAt", text)};  // found
  return {.intent = {.merchant = {}}, .prepay = Prepay{PrepayId{id_of(text)}}};  // found
}
Order second() {
  Order order{.intent = OrderIntent{.merchant = ours}, .paid_at = time_of(text)};
  Order later{.paid_at = time_of(text), .intent = {.merchant = ours}};
  Order moved{.intent = {.merchant = ours}, .reason = std::move(reason)};
  run({.ends = {.a = 1}, .give = [&](Item& item) { output(item); }});
  const char* text = ".intent = {1}, .x = call()";  // .intent = {1}, .x = call()
  return {.intent = {}, .paid_at = time_of(text)};
}
