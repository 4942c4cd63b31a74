'use strict';
let orders = 0;
let transactions = 0;

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

module.exports = { nextOrderNumber, nextTransactionId };
