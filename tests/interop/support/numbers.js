'use strict';
let orders = 0;
let transactions = 0;
let refunds = 0;

/** A merchant's number of 32 bytes, with every kind of character that one may have. */
function nextOrderNumber() {
  orders += 1;
  return `T|2026*1123_-${String(orders).padStart(19, '0')}`;
}

/** WeChat Pay's number of a payment. */
function nextTransactionId() {
  transactions += 1;
  return `420000135620261123${String(transactions).padStart(10, '0')}`;
}

/** A merchant's number of a refund, of 64 bytes. */
function nextRefundNumber() {
  refunds += 1;
  return `R_-|*@2026112300001${String(refunds).padStart(45, '0')}`;
}

/** WeChat Pay's number of a refund. */
const refundIdOf = (number) => `503000000020261123${number.slice(-11)}`;

module.exports = { nextOrderNumber, nextRefundNumber, nextTransactionId, refundIdOf };
