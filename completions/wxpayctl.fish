# Completion of wxpayctl(1) for fish.

# The command that stands before the cursor, as in "orders list"; empty when there is none yet.
function __wxpayctl_command
    set -l tokens (commandline -opc)
    set -e tokens[1]
    set -l command
    set -l skip no
    for token in $tokens
        if test $skip = yes
            set skip no
        else if string match -qr -- '^(-p|-o)$' $token
            set skip yes
        else if contains -- $token --help --version --json --quiet --verbose --no-progress --yes \
                --profit-sharing --explain --read-only --watch --reply --dry-run --close-expired --details --xml --all
            continue
        else if string match -qr -- '^--[^=]+$' $token
            set skip yes
        else if string match -q -- '-*' $token
            continue
        else if test (count $command) -eq 0
            set command $token
        else if test (count $command) -eq 1; and contains -- $command[1] orders refunds ledger sandbox
            set -a command $token
        end
    end
    echo "$command"
end

function __wxpayctl_at
    test (__wxpayctl_command) = "$argv[1]"
end

# The profiles of the configuration file, and the built-in ones.
function __wxpayctl_profiles
    echo sandbox
    echo sandbox-v3
    set -l folder $HOME/.config
    set -q XDG_CONFIG_HOME; and set folder $XDG_CONFIG_HOME
    set -l file $folder/wxpayctl/config.toml
    set -q WXPAYCTL_CONFIG; and set file $WXPAYCTL_CONFIG
    for candidate in $file /etc/wxpayctl/config.toml
        if test -r $candidate
            string replace -rf '^\s*\[profiles\.([A-Za-z0-9_-]+)\].*' '$1' <$candidate
            return
        end
    end
end

set -l states CREATING NOTPAY USERPAYING SUCCESS REFUND CLOSED REVOKED PAYERROR FAILED
set -l refund_states UNKNOWN PROCESSING ABNORMAL SUCCESS REFUNDCLOSE FAILED

# Files are offered where an option or an argument takes one, and nowhere else.
complete -c wxpayctl -f

complete -c wxpayctl -s h -l help -d 'Show help'
complete -c wxpayctl -l version -d 'Show the versions of the program and its libraries'
complete -c wxpayctl -l config -r -F -d 'Configuration file'
complete -c wxpayctl -s p -l profile -x -a '(__wxpayctl_profiles)' -d 'Profile'
complete -c wxpayctl -l ledger -r -F -d 'Order ledger, a path or sqlite:PATH'
complete -c wxpayctl -l base-url -x -d 'Gateway'
complete -c wxpayctl -s o -l output -x -a 'text json csv' -d 'Format of results'
complete -c wxpayctl -l json -d 'Short for --output json'
complete -c wxpayctl -s q -l quiet -d 'No progress, and only warnings that must be acted on'
complete -c wxpayctl -s v -l verbose -d 'Log what is done; twice for details'
complete -c wxpayctl -l log-level -x -a 'trace debug info warn error' -d 'Log from this level on'
complete -c wxpayctl -l log-file -r -F -d 'Log to a file'
complete -c wxpayctl -l color -x -a 'auto always never' -d 'Colour results'
complete -c wxpayctl -l no-progress -d 'No progress on the terminal'
complete -c wxpayctl -l timeout -x -d 'Of one request with all its tries'
complete -c wxpayctl -l yes -d 'Answer yes to every question'

complete -c wxpayctl -n '__wxpayctl_at ""' -a create-order -d 'Create a prepay order and sign its pay parameters'
complete -c wxpayctl -n '__wxpayctl_at ""' -a sign -d 'Sign or verify parameters, offline'
complete -c wxpayctl -n '__wxpayctl_at ""' -a query -d 'Ask WeChat Pay about orders and update the ledger'
complete -c wxpayctl -n '__wxpayctl_at ""' -a reconcile -d 'Ask WeChat Pay about every open order and repair the ledger'
complete -c wxpayctl -n '__wxpayctl_at ""' -a replay-notify -d 'Verify saved notifications and apply each once'
complete -c wxpayctl -n '__wxpayctl_at ""' -a close -d 'Close an order that is not paid'
complete -c wxpayctl -n '__wxpayctl_at ""' -a refund -d 'Give back money of a paid order'
complete -c wxpayctl -n '__wxpayctl_at ""' -a query-refund -d 'Ask WeChat Pay about refunds'
complete -c wxpayctl -n '__wxpayctl_at ""' -a micropay -d 'Take a payment by the code of the payer'
complete -c wxpayctl -n '__wxpayctl_at ""' -a reverse -d 'Reverse a payment by code'
complete -c wxpayctl -n '__wxpayctl_at ""' -a orders -d 'List, show, move and repair the orders of the ledger'
complete -c wxpayctl -n '__wxpayctl_at ""' -a ledger -d 'Check, back up and restore the ledger itself'
complete -c wxpayctl -n '__wxpayctl_at ""' -a sandbox -d 'A local WeChat Pay gateway'
complete -c wxpayctl -n '__wxpayctl_at ""' -a api -d 'Send any call to WeChat Pay'
complete -c wxpayctl -n '__wxpayctl_at ""' -a init -d 'Write a first configuration'
complete -c wxpayctl -n '__wxpayctl_at ""' -a doctor -d 'Check configuration, key, ledger, gateway and clock'
complete -c wxpayctl -n '__wxpayctl_at ""' -a refunds -d 'List and write the refunds of the ledger'
complete -c wxpayctl -n '__wxpayctl_at "refunds"' -a list -d 'List refunds of the ledger, newest first'
complete -c wxpayctl -n '__wxpayctl_at "refunds"' -a export -d 'Write refunds as JSON Lines or CSV, oldest first'
complete -c wxpayctl -n '__wxpayctl_at "orders"' -a list -d 'List orders of the ledger, newest first'
complete -c wxpayctl -n '__wxpayctl_at "orders"' -a show -d 'Show an order with its whole history'
complete -c wxpayctl -n '__wxpayctl_at "orders"' -a import -d 'Take over orders from JSON Lines or CSV'
complete -c wxpayctl -n '__wxpayctl_at "orders"' -a export -d 'Write orders as JSON Lines or CSV, oldest first'
complete -c wxpayctl -n '__wxpayctl_at "orders"' -a mark -d 'Repair the state of an order by hand'
complete -c wxpayctl -n '__wxpayctl_at "ledger"' -a check -d 'Recompute the hash chain and hold the orders against it'
complete -c wxpayctl -n '__wxpayctl_at "ledger"' -a backup -d 'Copy the ledger while others go on using it'
complete -c wxpayctl -n '__wxpayctl_at "ledger"' -a restore -d "Put a copy in the ledger's place and keep what was there"
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a serve -d 'Run the gateway on 127.0.0.1 until Ctrl-C'
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a pay -d 'Pay an order, as the payer would'
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a refund -d 'Decide what becomes of a refund that was accepted'
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a notify -d 'Send or save the notification of a payment or refund'
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a fault -d 'Spoil the answers to the next requests'
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a keys -d 'Write the test keys of API v3 as files'
complete -c wxpayctl -n '__wxpayctl_at "sandbox"' -a rotate -d 'Add a platform certificate of API v3'

complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l out-trade-no -x -d 'Order number'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l openid -x -d 'The payer under the app'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l total-fee -x -d 'Amount in fen'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l amount -x -d 'Amount in yuan'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l body -x -d 'Description of the goods'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l trade-type -x -a 'JSAPI NATIVE APP H5' -d 'Trade type'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l attach -x -d 'Returned in queries and notifications'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l detail -x -d 'Goods in detail'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l goods-tag -x -d 'Coupon tag'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l product-id -x -d 'Product'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l device-info -x -d 'Terminal or shop'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l limit-pay -x -a no_credit -d 'Limit the ways to pay'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l expire-in -x -d 'Time to pay'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l time-expire -x -d 'Point in time at which it expires'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l client-ip -x -d 'Address of the payer'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l notify-url -x -d 'Where notifications go'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l scene-info -x -d 'Scene, for H5'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l profit-sharing -d 'Freeze the amount for profit sharing'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l sub-openid -x -d 'The payer under the app of the sub-merchant'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l request -r -F -d 'Read the order from a JSON object'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l batch -r -F -d 'Create many orders from JSON Lines or CSV'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l jobs -x -d 'Requests at once'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l rate -x -d 'Requests a second at most'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l max-errors -x -d 'Stop after so many failures in a row'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l failed -r -F -d 'Write the records that were not created there'
complete -c wxpayctl -n '__wxpayctl_at "create-order"' -l dry-run -d 'Check everything, send and write nothing'

complete -c wxpayctl -n '__wxpayctl_at "sign"' -l prepay-id -x -d 'Make the pay parameters of a prepay_id'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l trade-type -x -a 'JSAPI APP' -d 'Trade type'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l timestamp -x -d 'Seconds since 1970 instead of now'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l nonce -x -d 'Nonce instead of a random one'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l params -r -F -d 'Sign a parameter set'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l verify -r -F -d 'Check the sign of an XML document or of pay parameters'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l batch -r -F -d 'Make the pay parameters of many prepay_ids'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l sign-type -x -a 'MD5 HMAC-SHA256' -d 'Signature type'
complete -c wxpayctl -n '__wxpayctl_at "sign"' -l explain -d 'Also show what is signed, and why a sign does not hold'

complete -c wxpayctl -n '__wxpayctl_at "query"' -l transaction-id -x -d 'Ask by the number of WeChat Pay'
complete -c wxpayctl -n '__wxpayctl_at "query"' -l read-only -d 'Leave the ledger as it is'
complete -c wxpayctl -n '__wxpayctl_at "query"' -l watch -d 'Ask again until the order is decided'
complete -c wxpayctl -n '__wxpayctl_at "query"' -l for -x -d 'How long to watch'

complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l older-than -x -d 'Leave younger open orders alone'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l since -x -d 'Only orders created at or after'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l until -x -d 'Only orders created before'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l limit -x -d 'Ask about at most so many orders'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l jobs -x -d 'Requests at once'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l rate -x -d 'Requests a second at most'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l close-expired -d 'Close orders that nobody paid in time'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l expire-after -x -d 'When an order without a time_expire counts as expired'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l details -d 'Print each order before the summary'
complete -c wxpayctl -n '__wxpayctl_at "reconcile"' -l dry-run -d 'Ask, but write and close nothing'

complete -c wxpayctl -n '__wxpayctl_at "replay-notify"' -F
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l out-refund-no -x -d 'Number of the refund'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l refund-fee -x -d 'Amount in fen'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l amount -x -d 'Amount in yuan'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l all -d 'All that is left'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l reason -x -d 'Shown to the payer'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l notify-url -x -d 'Where the notification goes'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l funds-account -x -a 'AVAILABLE UNSETTLED' -d 'Which balance pays it'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l batch -r -F -d 'Make many refunds from JSON Lines or CSV'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l jobs -x -d 'Requests at once'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l rate -x -d 'Requests a second at most'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l max-errors -x -d 'Stop after so many failures in a row'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l failed -r -F -d 'Write the records that were not refunded there'
complete -c wxpayctl -n '__wxpayctl_at "refund"' -l dry-run -d 'Check everything, send and write nothing'

complete -c wxpayctl -n '__wxpayctl_at "query-refund"' -l order -x -d 'All refunds of this order'
complete -c wxpayctl -n '__wxpayctl_at "query-refund"' -l read-only -d 'Leave the ledger as it is'

complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l out-trade-no -x -d 'Order number'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l auth-code-file -r -F -d 'File with the code of the payer'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l total-fee -x -d 'Amount in fen'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l amount -x -d 'Amount in yuan'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l body -x -d 'Description of the goods'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l attach -x -d 'Returned in queries'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l goods-tag -x -d 'Coupon tag'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l device-info -x -d 'Terminal or shop'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l limit-pay -x -a 'no_credit' -d 'Limit the ways to pay'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l client-ip -x -d 'Address of the till'
complete -c wxpayctl -n '__wxpayctl_at "micropay"' -l for -x -d 'How long the payer has'

complete -c wxpayctl -n '__wxpayctl_at "replay-notify"' -l dir -x -a '(__fish_complete_directories)' -d 'Take the regular files of a folder'
complete -c wxpayctl -n '__wxpayctl_at "replay-notify"' -l reply -d 'Add the answer that WeChat Pay would be given'
complete -c wxpayctl -n '__wxpayctl_at "replay-notify"' -l to -x -d 'Send on what was verified'
complete -c wxpayctl -n '__wxpayctl_at "replay-notify"' -l max-age -x -d 'Refuse what was signed longer ago'
complete -c wxpayctl -n '__wxpayctl_at "replay-notify"' -l dry-run -d 'Verify and compare, write and send nothing'

complete -c wxpayctl -n '__wxpayctl_at "orders list"' -l state -x -a "$states" -d 'Only orders in this state'
complete -c wxpayctl -n '__wxpayctl_at "orders list"' -l since -x -d 'Created at or after'
complete -c wxpayctl -n '__wxpayctl_at "orders list"' -l until -x -d 'Created before'
complete -c wxpayctl -n '__wxpayctl_at "orders list"' -l min-fee -x -d 'At least this many fen'
complete -c wxpayctl -n '__wxpayctl_at "orders list"' -l max-fee -x -d 'At most this many fen'
complete -c wxpayctl -n '__wxpayctl_at "orders list"' -l limit -x -d 'At most so many orders'

complete -c wxpayctl -n '__wxpayctl_at "orders import"' -F

complete -c wxpayctl -n '__wxpayctl_at "orders export"' -l state -x -a "$states" -d 'Only orders in this state'
complete -c wxpayctl -n '__wxpayctl_at "orders export"' -l since -x -d 'Created at or after'
complete -c wxpayctl -n '__wxpayctl_at "orders export"' -l until -x -d 'Created before'

complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l state -x -a "$refund_states" -d 'Only refunds in this state'
complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l order -x -d 'Only refunds of this order'
complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l since -x -d 'Created at or after'
complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l until -x -d 'Created before'
complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l min-fee -x -d 'At least this many fen'
complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l max-fee -x -d 'At most this many fen'
complete -c wxpayctl -n '__wxpayctl_at "refunds list"' -l limit -x -d 'At most so many refunds'
complete -c wxpayctl -n '__wxpayctl_at "refunds export"' -l state -x -a "$refund_states" -d 'Only refunds in this state'
complete -c wxpayctl -n '__wxpayctl_at "refunds export"' -l order -x -d 'Only refunds of this order'
complete -c wxpayctl -n '__wxpayctl_at "refunds export"' -l since -x -d 'Created at or after'
complete -c wxpayctl -n '__wxpayctl_at "refunds export"' -l until -x -d 'Created before'

complete -c wxpayctl -n '__wxpayctl_at "orders mark"' -l state -x -a "$states" -d 'The state it is to have'
complete -c wxpayctl -n '__wxpayctl_at "orders mark"' -l reason -x -d 'Why'

complete -c wxpayctl -n '__wxpayctl_at "ledger check"' -l head -x -d 'A head kept elsewhere'

complete -c wxpayctl -n '__wxpayctl_at "sandbox serve"' -l port -x -d 'Port to listen on; 0 takes a free one'
complete -c wxpayctl -n '__wxpayctl_at "sandbox serve"' -l state -r -F -d 'Keep orders and refunds in this file'
complete -c wxpayctl -n '__wxpayctl_at "sandbox serve"' -l tls -x -a '(__fish_complete_directories)' -d 'Serve over TLS; ca.pem goes to this folder'
complete -c wxpayctl -n '__wxpayctl_at "sandbox serve"' -l trust -x -a 'certificate public-key both' -d 'What it signs by on API v3'
complete -c wxpayctl -n '__wxpayctl_at "sandbox serve"' -l refund-interval -x -d 'Least time between two refunds of an order'
complete -c wxpayctl -n '__wxpayctl_at "sandbox serve"' -l reverse-after -x -d 'How long after its payment an order can be reversed'

complete -c wxpayctl -n '__wxpayctl_at "sandbox pay"' -l fee -x -d 'Pay this amount instead'

complete -c wxpayctl -n '__wxpayctl_at "sandbox refund"' -l state -x -a 'SUCCESS CLOSED ABNORMAL PROCESSING' -d 'What becomes of it'
complete -c wxpayctl -n '__wxpayctl_at "sandbox refund"' -l notify -d 'Then send or save its notification'
complete -c wxpayctl -n '__wxpayctl_at "sandbox refund"' -l to -x -d 'Loopback URL it goes to'
complete -c wxpayctl -n '__wxpayctl_at "sandbox refund"' -l out -r -F -d 'Write it to this file instead'

complete -c wxpayctl -n '__wxpayctl_at "sandbox notify"' -l refund -x -d 'Of this refund, not of a payment'
complete -c wxpayctl -n '__wxpayctl_at "sandbox notify"' -l to -x -d 'Loopback URL it goes to'
complete -c wxpayctl -n '__wxpayctl_at "sandbox notify"' -l out -r -F -d 'Write it to this file instead'

complete -c wxpayctl -n '__wxpayctl_at "sandbox fault"' -l count -x -d 'How many requests'
complete -c wxpayctl -n '__wxpayctl_at "sandbox fault"' -l match -x -d 'Only requests whose path contains this'
complete -c wxpayctl -n '__wxpayctl_at "sandbox fault"' -l seconds -x -d 'How long delay holds an answer back'
complete -c wxpayctl -n '__wxpayctl_at "sandbox fault"' -l words -x -d 'What refusal says'

complete -c wxpayctl -n '__wxpayctl_at "sandbox keys"' -F
complete -c wxpayctl -n '__wxpayctl_at "init"' -l api -x -a 'v2 v3' -d 'API of the merchant'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l mch-id -x -d 'Merchant number'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l app-id -x -d 'App id'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l sub-mch-id -x -d 'Sub-merchant number'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l sub-app-id -x -d 'App id of the sub-merchant'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l sign-type -x -a 'MD5 HMAC-SHA256' -d 'Signature type'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l notify-url -x -d 'Where WeChat Pay reports payments'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l trade-type -x -a 'JSAPI NATIVE APP H5' -d 'Default trade type'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l body -x -d 'Default goods description'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l key-file -r -F -d 'File that holds the API v2 key'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l key-env -x -a '(set -nx)' -d 'Environment variable that holds the key'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l key-command -x -d 'Command that prints the key'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l private-key-file -r -F -d 'Private key of the merchant, of API v3'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l private-key-password-file -r -F -d 'File that holds its password'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l cert-p12-file -r -F -d 'Private key and certificate in one'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l cert-p12-password-file -r -F -d 'File that holds its password'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l cert-file -r -F -d 'Certificate of the merchant'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l cert-key-file -r -F -d 'Its private key, for refunds on API v2'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l serial-no -x -d 'Its serial number'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l apiv3-key-file -r -F -d 'File that holds the APIv3 key'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l apiv3-key-env -x -a '(set -nx)' -d 'Environment variable that holds the APIv3 key'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l apiv3-key-command -x -d 'Command that prints the APIv3 key'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l public-key-id -x -d 'Which public key WeChat Pay signs by'
complete -c wxpayctl -n '__wxpayctl_at "init"' -l public-key-file -r -F -d 'That public key'

complete -c wxpayctl -n '__wxpayctl_at "ledger backup"' -F
complete -c wxpayctl -n '__wxpayctl_at "ledger restore"' -F
set -l kinds lost-reply delay 5xx truncated wrong-sign unsigned other-order other-merchant other-app other-refund \
    other-amount not-enough \
    system-error rate-limit redirect html wrong-serial stale probe bad-cipher refusal none
complete -c wxpayctl -n '__wxpayctl_at "sandbox fault"' -a "$kinds" -d 'Kind of fault'

complete -c wxpayctl -n '__wxpayctl_at "api"' -x -a 'GET POST PUT PATCH DELETE'
complete -c wxpayctl -n '__wxpayctl_at "api"' -l data -r -F -d 'What is sent'
complete -c wxpayctl -n '__wxpayctl_at "api"' -l header -x -d 'One more header'
complete -c wxpayctl -n '__wxpayctl_at "api"' -l xml -d 'A call of API v2, of a set of fields'
complete -c wxpayctl -n '__wxpayctl_at "api"' -l out -r -F -d 'Write the answer into this file'
