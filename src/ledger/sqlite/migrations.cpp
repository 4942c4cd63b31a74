// The steps from each schema of the ledger's file to the next. A step that was given out is never edited.
#include "ledger/sqlite/migrations.hpp"

#include <array>

namespace wxpay::ledger {

namespace {

// Lengths are held loosely where WeChat Pay chooses the text: an answer that was accepted must find its
// place.
constexpr const char* version_1 = R"sql(
CREATE TABLE orders (
  seq INTEGER PRIMARY KEY,
  mch_id TEXT NOT NULL CHECK (length(mch_id) BETWEEN 1 AND 32),
  out_trade_no TEXT NOT NULL CHECK (length(out_trade_no) BETWEEN 1 AND 32),
  created_at INTEGER NOT NULL,
  app_id TEXT CHECK (length(app_id) BETWEEN 1 AND 64),
  sub_mch_id TEXT CHECK (length(sub_mch_id) BETWEEN 1 AND 32),
  sub_app_id TEXT CHECK (length(sub_app_id) BETWEEN 1 AND 64),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
  proven_state INTEGER NOT NULL CHECK (proven_state BETWEEN 0 AND 8),
  total_fee INTEGER NOT NULL CHECK (total_fee BETWEEN 1 AND 9999999999),
  trade_type TEXT NOT NULL CHECK (trade_type IN ('JSAPI', 'NATIVE', 'APP', 'MWEB', 'MICROPAY')),
  body TEXT CHECK (length(body) BETWEEN 1 AND 1024),
  notify_url TEXT CHECK (length(notify_url) BETWEEN 1 AND 2048),
  client_ip TEXT CHECK (length(client_ip) BETWEEN 1 AND 64),
  openid TEXT CHECK (length(openid) BETWEEN 1 AND 256),
  sub_openid TEXT CHECK (length(sub_openid) BETWEEN 1 AND 256),
  attach TEXT CHECK (length(attach) BETWEEN 1 AND 1024),
  detail TEXT CHECK (length(detail) BETWEEN 1 AND 65536),
  goods_tag TEXT CHECK (length(goods_tag) BETWEEN 1 AND 1024),
  product_id TEXT CHECK (length(product_id) BETWEEN 1 AND 1024),
  device_info TEXT CHECK (length(device_info) BETWEEN 1 AND 1024),
  limit_pay TEXT CHECK (length(limit_pay) BETWEEN 1 AND 1024),
  scene_info TEXT CHECK (length(scene_info) BETWEEN 1 AND 65536),
  profit_sharing INTEGER NOT NULL CHECK (profit_sharing IN (0, 1)),
  time_expire INTEGER,
  expire_in INTEGER CHECK (expire_in > 0),
  prepay_id TEXT CHECK (length(prepay_id) <= 4096),
  code_url TEXT CHECK (length(code_url) <= 4096),
  mweb_url TEXT CHECK (length(mweb_url) <= 4096),
  prepay_sign_type TEXT CHECK (prepay_sign_type IN ('MD5', 'HMAC-SHA256')),
  prepay_expires_at INTEGER,
  transaction_id TEXT CHECK (length(transaction_id) BETWEEN 1 AND 256),
  paid_at INTEGER,
  updated_at INTEGER NOT NULL,
  UNIQUE (mch_id, out_trade_no),
  CHECK ((prepay_id IS NULL) = (prepay_sign_type IS NULL)),
  CHECK ((prepay_id IS NULL) = (prepay_expires_at IS NULL)),
  CHECK (state < 7 OR paid_at IS NOT NULL)
) STRICT;

CREATE INDEX orders_open ON orders (seq) WHERE state < 3;

CREATE TABLE history (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  order_seq INTEGER NOT NULL REFERENCES orders (seq),
  at INTEGER NOT NULL,
  from_state INTEGER CHECK (from_state BETWEEN 0 AND 8),
  to_state INTEGER NOT NULL CHECK (to_state BETWEEN 0 AND 8),
  source TEXT NOT NULL CHECK (source IN ('create', 'query', 'notify', 'bill', 'import', 'close', 'refund',
                                         'reverse', 'hand')),
  actor TEXT CHECK (length(actor) BETWEEN 1 AND 1024),
  reason TEXT CHECK (length(reason) BETWEEN 1 AND 65536),
  digest TEXT CHECK (length(digest) BETWEEN 1 AND 128),
  details TEXT,
  order_hash_before BLOB CHECK (length(order_hash_before) = 32),
  order_hash BLOB NOT NULL CHECK (length(order_hash) = 32),
  entry_hash BLOB NOT NULL CHECK (length(entry_hash) = 32)
) STRICT;

CREATE INDEX history_of_order ON history (order_seq);

CREATE TRIGGER history_no_update BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER history_no_delete BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER history_at_end BEFORE INSERT ON history
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM history)
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'an order is never deleted'); END;
)sql";

// The tables of version 1 are made anew with the same rules in words that cost less with each row that is
// written: = instead of IN, for which SQLite builds a table in memory, no call of length() for what is NULL,
// and no aggregate to find the last number. All that they hold stays as it was.
//
// A notification may say any order number, so no rule of ours holds it. Its key begins with that number: the
// notifications of one time then stand together in the index, which serves both to find those of an order and
// to keep each but once. Each row's hash covers the row before it, as in the history.
constexpr const char* version_2 = R"sql(
CREATE TABLE notifications (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  at INTEGER NOT NULL,
  mch_id TEXT NOT NULL CHECK (length(mch_id) BETWEEN 1 AND 32),
  out_trade_no TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (length(outcome) BETWEEN 1 AND 64),
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  raw BLOB NOT NULL CHECK (length(raw) <= 65536),
  UNIQUE (mch_id, out_trade_no, digest, outcome)
) STRICT;

CREATE TRIGGER notifications_no_update BEFORE UPDATE ON notifications
BEGIN SELECT RAISE(ABORT, 'kept notifications are only added to'); END;

CREATE TRIGGER notifications_no_delete BEFORE DELETE ON notifications
BEGIN SELECT RAISE(ABORT, 'kept notifications are only added to'); END;

CREATE TRIGGER notifications_at_end BEFORE INSERT ON notifications
WHEN NEW.number <> 1 + coalesce((SELECT number FROM notifications ORDER BY number DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'kept notifications are only added to'); END;

CREATE TABLE new_orders (
  seq INTEGER PRIMARY KEY,
  mch_id TEXT NOT NULL CHECK (length(mch_id) BETWEEN 1 AND 32),
  out_trade_no TEXT NOT NULL CHECK (length(out_trade_no) BETWEEN 1 AND 32),
  created_at INTEGER NOT NULL,
  app_id TEXT CHECK (app_id IS NULL OR length(app_id) BETWEEN 1 AND 64),
  sub_mch_id TEXT CHECK (sub_mch_id IS NULL OR length(sub_mch_id) BETWEEN 1 AND 32),
  sub_app_id TEXT CHECK (sub_app_id IS NULL OR length(sub_app_id) BETWEEN 1 AND 64),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
  proven_state INTEGER NOT NULL CHECK (proven_state BETWEEN 0 AND 8),
  total_fee INTEGER NOT NULL CHECK (total_fee BETWEEN 1 AND 9999999999),
  trade_type TEXT NOT NULL CHECK (trade_type = 'JSAPI' OR trade_type = 'NATIVE' OR trade_type = 'APP' OR
                                          trade_type = 'MWEB' OR trade_type = 'MICROPAY'),
  body TEXT CHECK (body IS NULL OR length(body) BETWEEN 1 AND 1024),
  notify_url TEXT CHECK (notify_url IS NULL OR length(notify_url) BETWEEN 1 AND 2048),
  client_ip TEXT CHECK (client_ip IS NULL OR length(client_ip) BETWEEN 1 AND 64),
  openid TEXT CHECK (openid IS NULL OR length(openid) BETWEEN 1 AND 256),
  sub_openid TEXT CHECK (sub_openid IS NULL OR length(sub_openid) BETWEEN 1 AND 256),
  attach TEXT CHECK (attach IS NULL OR length(attach) BETWEEN 1 AND 1024),
  detail TEXT CHECK (detail IS NULL OR length(detail) BETWEEN 1 AND 65536),
  goods_tag TEXT CHECK (goods_tag IS NULL OR length(goods_tag) BETWEEN 1 AND 1024),
  product_id TEXT CHECK (product_id IS NULL OR length(product_id) BETWEEN 1 AND 1024),
  device_info TEXT CHECK (device_info IS NULL OR length(device_info) BETWEEN 1 AND 1024),
  limit_pay TEXT CHECK (limit_pay IS NULL OR length(limit_pay) BETWEEN 1 AND 1024),
  scene_info TEXT CHECK (scene_info IS NULL OR length(scene_info) BETWEEN 1 AND 65536),
  profit_sharing INTEGER NOT NULL CHECK (profit_sharing IN (0, 1)),
  time_expire INTEGER,
  expire_in INTEGER CHECK (expire_in > 0),
  prepay_id TEXT CHECK (prepay_id IS NULL OR length(prepay_id) <= 4096),
  code_url TEXT CHECK (code_url IS NULL OR length(code_url) <= 4096),
  mweb_url TEXT CHECK (mweb_url IS NULL OR length(mweb_url) <= 4096),
  prepay_sign_type TEXT CHECK (prepay_sign_type IN ('MD5', 'HMAC-SHA256')),
  prepay_expires_at INTEGER,
  transaction_id TEXT CHECK (transaction_id IS NULL OR length(transaction_id) BETWEEN 1 AND 256),
  paid_at INTEGER,
  updated_at INTEGER NOT NULL,
  UNIQUE (mch_id, out_trade_no),
  CHECK ((prepay_id IS NULL) = (prepay_sign_type IS NULL)),
  CHECK ((prepay_id IS NULL) = (prepay_expires_at IS NULL)),
  CHECK (state < 7 OR paid_at IS NOT NULL)
) STRICT;

CREATE TABLE new_history (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  order_seq INTEGER NOT NULL REFERENCES new_orders (seq),
  at INTEGER NOT NULL,
  from_state INTEGER CHECK (from_state BETWEEN 0 AND 8),
  to_state INTEGER NOT NULL CHECK (to_state BETWEEN 0 AND 8),
  source TEXT NOT NULL CHECK (source = 'create' OR source = 'notify' OR source = 'query' OR source = 'import' OR
                                      source = 'bill' OR source = 'close' OR source = 'refund' OR
                                      source = 'reverse' OR source = 'hand'),
  actor TEXT CHECK (actor IS NULL OR length(actor) BETWEEN 1 AND 1024),
  reason TEXT CHECK (reason IS NULL OR length(reason) BETWEEN 1 AND 65536),
  digest TEXT CHECK (digest IS NULL OR length(digest) BETWEEN 1 AND 128),
  details TEXT,
  order_hash_before BLOB CHECK (order_hash_before IS NULL OR length(order_hash_before) = 32),
  order_hash BLOB NOT NULL CHECK (length(order_hash) = 32),
  entry_hash BLOB NOT NULL CHECK (length(entry_hash) = 32)
) STRICT;

INSERT INTO new_orders SELECT * FROM orders ORDER BY seq;
INSERT INTO new_history SELECT * FROM history ORDER BY number;
DROP TABLE history;
DROP TABLE orders;
ALTER TABLE new_orders RENAME TO orders;
ALTER TABLE new_history RENAME TO history;

CREATE INDEX orders_open ON orders (seq) WHERE state < 3;
CREATE INDEX orders_closed ON orders (updated_at, seq) WHERE state = 5;
CREATE INDEX history_of_order ON history (order_seq);

CREATE TRIGGER history_no_update BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER history_no_delete BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER history_at_end BEFORE INSERT ON history
WHEN NEW.number <> 1 + coalesce((SELECT number FROM history ORDER BY number DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'an order is never deleted'); END;
)sql";

// The places of new entries are left to the chains: these two triggers asked for the last number at every
// insertion, a sixth of all that it cost, and found nothing that `ledger check` does not find.
constexpr const char* version_3 = R"sql(
DROP TRIGGER history_at_end;
DROP TRIGGER notifications_at_end;
)sql";

// The words of trade types, signature types and sources, and the numbers of states, are held by the types
// that read and write them, so that a new one needs no new table.
//
// An entry is about one subject. An order stays in order_seq, so that what the hashes of older entries cover
// is as it was; any other kind is named, with its key. The columns of hashes are of the subject's row then.
//
// Of a kept notification, kind is NULL where it tells of a payment, and headers is NULL where the message had
// none that matter.
constexpr const char* version_4 = R"sql(
ALTER TABLE notifications ADD COLUMN kind TEXT CHECK (kind <> '');
ALTER TABLE notifications ADD COLUMN headers TEXT CHECK (headers IS NULL OR length(headers) BETWEEN 1 AND 65536);

CREATE TABLE new_orders (
  seq INTEGER PRIMARY KEY,
  mch_id TEXT NOT NULL CHECK (length(mch_id) BETWEEN 1 AND 32),
  out_trade_no TEXT NOT NULL CHECK (length(out_trade_no) BETWEEN 1 AND 32),
  created_at INTEGER NOT NULL,
  app_id TEXT CHECK (app_id IS NULL OR length(app_id) BETWEEN 1 AND 64),
  sub_mch_id TEXT CHECK (sub_mch_id IS NULL OR length(sub_mch_id) BETWEEN 1 AND 32),
  sub_app_id TEXT CHECK (sub_app_id IS NULL OR length(sub_app_id) BETWEEN 1 AND 64),
  state INTEGER NOT NULL CHECK (state >= 0),
  proven_state INTEGER NOT NULL CHECK (proven_state >= 0),
  total_fee INTEGER NOT NULL CHECK (total_fee BETWEEN 1 AND 9999999999),
  trade_type TEXT NOT NULL CHECK (trade_type <> ''),
  body TEXT CHECK (body IS NULL OR length(body) BETWEEN 1 AND 1024),
  notify_url TEXT CHECK (notify_url IS NULL OR length(notify_url) BETWEEN 1 AND 2048),
  client_ip TEXT CHECK (client_ip IS NULL OR length(client_ip) BETWEEN 1 AND 64),
  openid TEXT CHECK (openid IS NULL OR length(openid) BETWEEN 1 AND 256),
  sub_openid TEXT CHECK (sub_openid IS NULL OR length(sub_openid) BETWEEN 1 AND 256),
  attach TEXT CHECK (attach IS NULL OR length(attach) BETWEEN 1 AND 1024),
  detail TEXT CHECK (detail IS NULL OR length(detail) BETWEEN 1 AND 65536),
  goods_tag TEXT CHECK (goods_tag IS NULL OR length(goods_tag) BETWEEN 1 AND 1024),
  product_id TEXT CHECK (product_id IS NULL OR length(product_id) BETWEEN 1 AND 1024),
  device_info TEXT CHECK (device_info IS NULL OR length(device_info) BETWEEN 1 AND 1024),
  limit_pay TEXT CHECK (limit_pay IS NULL OR length(limit_pay) BETWEEN 1 AND 1024),
  scene_info TEXT CHECK (scene_info IS NULL OR length(scene_info) BETWEEN 1 AND 65536),
  profit_sharing INTEGER NOT NULL CHECK (profit_sharing IN (0, 1)),
  time_expire INTEGER,
  expire_in INTEGER CHECK (expire_in > 0),
  prepay_id TEXT CHECK (prepay_id IS NULL OR length(prepay_id) <= 4096),
  code_url TEXT CHECK (code_url IS NULL OR length(code_url) <= 4096),
  mweb_url TEXT CHECK (mweb_url IS NULL OR length(mweb_url) <= 4096),
  prepay_sign_type TEXT CHECK (prepay_sign_type <> ''),
  prepay_expires_at INTEGER,
  transaction_id TEXT CHECK (transaction_id IS NULL OR length(transaction_id) BETWEEN 1 AND 256),
  paid_at INTEGER,
  updated_at INTEGER NOT NULL,
  UNIQUE (mch_id, out_trade_no),
  CHECK ((prepay_id IS NULL) = (prepay_sign_type IS NULL)),
  CHECK ((prepay_id IS NULL) = (prepay_expires_at IS NULL)),
  CHECK (state < 7 OR paid_at IS NOT NULL)
) STRICT;

CREATE TABLE new_history (
  number INTEGER PRIMARY KEY CHECK (number > 0),
  order_seq INTEGER REFERENCES new_orders (seq),
  at INTEGER NOT NULL,
  from_state INTEGER CHECK (from_state >= 0),
  to_state INTEGER NOT NULL CHECK (to_state >= 0),
  source TEXT NOT NULL CHECK (source <> ''),
  actor TEXT CHECK (actor IS NULL OR length(actor) BETWEEN 1 AND 1024),
  reason TEXT CHECK (reason IS NULL OR length(reason) BETWEEN 1 AND 65536),
  digest TEXT CHECK (digest IS NULL OR length(digest) BETWEEN 1 AND 128),
  details TEXT,
  order_hash_before BLOB CHECK (order_hash_before IS NULL OR length(order_hash_before) = 32),
  order_hash BLOB NOT NULL CHECK (length(order_hash) = 32),
  entry_hash BLOB NOT NULL CHECK (length(entry_hash) = 32),
  subject_kind TEXT CHECK (subject_kind <> ''),
  subject_seq INTEGER,
  CHECK ((order_seq IS NULL) = (subject_kind IS NOT NULL)),
  CHECK ((subject_kind IS NULL) = (subject_seq IS NULL))
) STRICT;

INSERT INTO new_orders SELECT * FROM orders ORDER BY seq;
INSERT INTO new_history SELECT *, NULL, NULL FROM history ORDER BY number;
DROP TABLE history;
DROP TABLE orders;
ALTER TABLE new_orders RENAME TO orders;
ALTER TABLE new_history RENAME TO history;

CREATE INDEX orders_open ON orders (seq) WHERE state < 3;
CREATE INDEX orders_closed ON orders (updated_at, seq) WHERE state = 5;
CREATE INDEX history_of_order ON history (order_seq);

CREATE TRIGGER history_no_update BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER history_no_delete BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'the history is only appended to'); END;

CREATE TRIGGER orders_no_delete BEFORE DELETE ON orders
BEGIN SELECT RAISE(ABORT, 'an order is never deleted'); END;
)sql";

// Refunds are the second subject of the history. Their order is named by its number, as notifications and
// queries name it; the history of one refund is found by an index that older entries are not in.
constexpr const char* version_5 = R"sql(
CREATE TABLE refunds (
  seq INTEGER PRIMARY KEY,
  mch_id TEXT NOT NULL CHECK (length(mch_id) BETWEEN 1 AND 32),
  out_refund_no TEXT NOT NULL CHECK (length(out_refund_no) BETWEEN 1 AND 64),
  out_trade_no TEXT NOT NULL CHECK (length(out_trade_no) BETWEEN 1 AND 32),
  state INTEGER NOT NULL CHECK (state >= 0),
  refund_fee INTEGER NOT NULL CHECK (refund_fee BETWEEN 1 AND 9999999999),
  total_fee INTEGER NOT NULL CHECK (total_fee BETWEEN 1 AND 9999999999),
  refund_id TEXT CHECK (refund_id IS NULL OR length(refund_id) BETWEEN 1 AND 256),
  reason TEXT CHECK (reason IS NULL OR length(reason) BETWEEN 1 AND 1024),
  notify_url TEXT CHECK (notify_url IS NULL OR length(notify_url) BETWEEN 1 AND 2048),
  funds_account TEXT NOT NULL CHECK (funds_account <> ''),
  sent_at INTEGER NOT NULL,
  success_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (mch_id, out_refund_no),
  FOREIGN KEY (mch_id, out_trade_no) REFERENCES orders (mch_id, out_trade_no),
  CHECK (refund_fee <= total_fee),
  CHECK (state <> 3 OR success_at IS NOT NULL)
) STRICT;

CREATE INDEX refunds_open ON refunds (seq) WHERE state < 2;
CREATE INDEX refunds_of_order ON refunds (mch_id, out_trade_no);
CREATE INDEX history_of_subject ON history (subject_kind, subject_seq) WHERE subject_kind IS NOT NULL;

CREATE TRIGGER refunds_no_delete BEFORE DELETE ON refunds
BEGIN SELECT RAISE(ABORT, 'a refund is never deleted'); END;
)sql";

constexpr std::array steps{version_1, version_2, version_3, version_4, version_5};

}  // namespace

std::span<const char* const> migrations() { return steps; }

}  // namespace wxpay::ledger
