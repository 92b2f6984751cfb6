# Every sentence of the pages and emails, in English. ko.ftl has the same keys; a test compares them.
# In sentences for the script, %name is replaced by a figure.

## Around every page
skip-to-content = Skip to content
nav-label = Main menu
nav-home = Items
nav-board = Board
nav-sell = Sell
nav-login = Log in
nav-join = Join
nav-logout = Log out
nav-help = Help
clock-label = Server time
way-home = See all items
back = Back
optional = (optional)
warning-no-scheduler = No system scheduler is set up: auctions end on time only while this server is running.
warning-clock-jumped = The server’s clock is being checked. Bids and endings are paused until then; bids already placed remain valid.
warning-clock-behind = The server’s clock was set back. Auction time is paused at { $time } until it catches up.
warning-silent-scheduler = The system scheduler does not run this server’s tasks: auctions end on time only while this server is running.
countdown-days = { $d } d { $h } h
countdown-hours = { $h } h { $min } min
span-seconds = { $n } s
span-minutes = { $n } min
span-hours = { $n } h
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}

## States and figures
state-upcoming = Opens soon
state-open = Open
state-paused = Paused
state-closing = Ending…
state-sold = Sold
state-unsold = Unsold
state-cancelled = Cancelled
state-reversed = Reversed
state-all = All
label-price = Price
label-hammer = Hammer price
label-opening = Opening price
label-left = Ends in
label-leader = Highest bidder
label-minimum = Next bid from
label-reserve = Reserve
label-closes = Ends
label-closed = Ended
label-listing = Item
label-seller = Seller
label-increment = Bid increment
label-premium = Buyer’s premium
label-soft-close = Soft close
label-outage = Server outage
label-buy-now = Buy-now price
label-available = Available
label-balance = Balance
label-held = On hold
label-credit-limit = Credit limit
label-paid = Paid
label-owed = Due
label-on-bill = On your bill
label-covered = Covered
owed-how = Please pay the organiser, who records the payment on your bill.
listing-number = No. { $n }
bidder-number = No. { $n }
label-bidder-number = Bidder number
n-bids = { $n ->
    [one] { $n } bid
   *[other] { $n } bids
}
reserve-met = Reserve met
reserve-not-met = Reserve not met
reserve-none = No reserve
extended = extended
no-picture = No picture
premium-added = { $percent }% on top of the hammer price
commission-taken = The organiser keeps { $percent }% of the hammer price.
soft-close-rule = A bid in the last { $window } extends the auction to { $extension } after that bid,
soft-close-cap = but at most { $cap } past the scheduled end.
outage-rule = If the server is down at any time in the last { $window }, the auction is extended to { $window } after it is back.
outage-said = The auction was extended because the server was down from { $from } to { $until }.

## Home
home-title = Items
search-label = Search
search-go = Search
state-label = Status
sort-label = Sort
sort-closes-at = Ending first
sort-newest = Newest first
sort-price = Lowest price
sort-price-desc = Highest price
sort-bids = Most bids
page-next = More items
empty-house = Nothing listed yet
empty-house-next = Be the first to list something.
empty-search = No results for “{ $q }”
empty-search-next = See all open items
empty-state = Nothing here right now
empty-state-next = See all items

## A listing
panel-label = Bidding
history-title = Bids
no-bids-yet = No bids yet.
no-bids-ever = There were no bids.
reload-for-newest = Reload the page to see the latest price.
history-older = { $n ->
    [one] 1 older bid is not shown.
   *[other] { $n } older bids are not shown.
}
about-title = About this item
guest-invited = Log in to bid. You can watch without an account.
seller-watches = This is your item. You cannot bid on it yourself.
entry-armed = The end is set in the system scheduler.
entry-unproven = The end is set in the system scheduler. Whether the scheduler works will be known within two minutes.
entry-demo = No cron runs for this demo, so its own server keeps the deadlines for as long as it runs.
entry-pending = The end is being set in the system scheduler.
cancel-listing = Cancel this listing
closing-wait = Time is up. The result will appear in a moment.
you-lead = You’re the highest bidder. Your maximum: { $max }
you-are-outbid = You have been outbid.
you-have-not-bid = You haven’t bid yet.
next-bids-label = Quick bids

bid-at-least = At least { $minimum }.
bid-max-hint = Kept secret. We bid for you up to this amount.
bid-message = Message
bid-submit = Place bid
raise-caption = Raise your maximum to
raise-submit = Raise maximum
bid-sending = Sending…
bid-automatic = automatic bid
bid-by-desk = by the desk
buy-now-go = Buy now for { $price }
receipt = Receipt: bid { $seq }, { $amount }
receipt-check = Verify
receipts-earlier = Earlier receipts
receipt-desk = – entered at the desk by { $pass } ({ $source })
proof-link = Verify this bid history
ended-sold = Sold to { $winner } for { $hammer }.
ended-no-bids = Not sold: there were no bids.
ended-reserve-not-met = Not sold: the reserve was not met.
ended-cancelled = This listing was cancelled.
ended-reversed = This sale was reversed on { $at }.
ended-reversed-by = This sale was reversed on { $at } by { $who }.
ended-reversed-proof = The proof says why.
you-won-owed = You won! It is on your bill: { $total }.
you-won-partly = You won! It is on your bill: { $total }, of which { $owed } is still due.
you-won-reversed = You won this item, but the sale was reversed. You owe nothing for it.
you-won-total = You won! { $total } is paid.
you-sold-total = Sold! { $total } was credited to your account.
you-sold-reversed = The sale was reversed, so you receive nothing for it.
you-did-not-sell = Your item was not sold. You were not charged.

## Sales
nav-sales = Sales
lot-number = Lot { $code }
n-lots = { $n ->
    [one] 1 lot
   *[other] { $n } lots
}
n-lots-open = { $n } still open
label-opens-in = Bidding opens in
label-opens = Opens
label-raised = Total raised
label-pickup = Pickup
label-sale = Sale
sale-state-draft = Draft
sale-opens-at = bidding opens { $at }
sale-closes-from = lots end from { $at }
sale-ended-at = ended { $at }
sale-now = On now
sale-soon = Next sale
sale-see = See all { $n ->
    [one] 1 lot
   *[other] { $n } lots
}
sale-cancelled-said = This sale was cancelled: { $why }
about-sale = About this sale
next-lots = Ending next
sections-label = Sections
lots-label = Lots
lots-before = Earlier lots
lots-after = More lots
jump-label = Go to lot
jump-go = Go
jump-missing = This sale has no lot “{ $lot }”.
sale-links-label = More about this sale
calendar-link = Calendar
feed-link = Feed
sales-all = All sales
lot-nav-label = Lots of this sale
lot-before = Previous lot: { $code }
lot-after = Next lot: { $code }
who-organiser = the organiser
who-seller = the seller
paused-said = Paused: { $why } ({ $who }, { $at })
paused-rule = Nobody can bid now. When the sale goes on, the end moves by the length of the pause.
postponed-said = Postponed by { $by }: { $why } ({ $who }, { $at })
upcoming-said = Bidding opens { $at }. The form to bid appears here by itself.
upcoming-plain = Reload this page then to bid.
mine-watching = Watching
mine-won = Won
mine-over = Ended
own-title = My lots
own-link = My lots ({ $n })
own-none = You have not bid on or watched any lot of this sale yet.
own-leading = You lead { $n }
own-outbid = outbid on { $n }
own-leads-to = You lead up to { $max }
own-outbid-at = Outbid — bid { $minimum }
own-watching = Watching: next bid from { $minimum }
own-opens = Watching: bidding opens { $at }
own-won-owed = Won, due on your bill: { $owed }
own-won-paid = Won and paid
own-over = Sold for { $hammer }

## The proof
proof-title = Verification
proof-explained = A hash links each bid to everything before it. Anyone who recomputes this hash chain can see that the history was not changed, and your receipt shows that it is the history in which you bid.
proof-receipt = Your receipt
proof-receipt-hint = You find it on the item’s page, below your bid. It is checked in this browser and not sent anywhere.
proof-receipt-go = Verify
proof-by-hand = Verify it yourself
proof-no-script = This browser does not run scripts, so this page cannot recompute the hash chain for you.
proof-by-curl = This command returns everything that is hashed, page by page.
proof-form-of-links = The format of each entry
proof-by-house = The organiser can verify a receipt against the database:
proof-links = Entries
proof-head = Latest hash:
proof-next = More entries
link-listing = listed
link-bid = bid
link-raise = maximum raised
link-desk-bid = bid by the desk
link-prolongation = extended after an outage
link-lot = offered in a sale as lot { $lot }
link-postponement = postponed by { $by }
link-pause = paused
link-resume = resumed
link-closes = it then ends on { $at }
link-settlement = result
link-reversal = sale reversed
source-paper = on paper
source-phone = by phone
source-absentee = absentee
source-room = in the room

## To confirm
confirm-bid = Place this bid?
confirm-pay = Total if you win
confirm-pay-most = Total at most
confirm-made-of = { $amount } + { $premium } premium = { $total }
confirm-raise = Raise your maximum?
confirm-raise-go = Raise to { $max }
confirm-bid-binds = A bid is binding and cannot be withdrawn.
confirm-bid-go = Bid { $amount }
confirm-buy = Buy it now?
confirm-buy-binds = This ends the auction at once. The total goes on your bill.
confirm-buy-go = Buy for { $amount }
confirm-cancel = Cancel this listing?
confirm-cancel-binds = This cannot be undone, but you can list the item again.
confirm-cancel-go = Cancel listing

## Ways in
join-title = Join
join-go = Join
join-by-admin = Only the organiser can open accounts here. Please ask for yours.
join-have-one = Already have an account?
login-title = Log in
login-go = Log in
login-have-none = No account yet?
login-by-email = With email and password
login-by-number = With number and PIN
login-number-hint = The number and the PIN are on your number card.
login-pin = PIN
login-sale = Sale
login-sale-choose = Choose your sale
label-name = Display name
name-hint = Everyone sees it next to your bids.
label-email = Email
label-password = Password
password-hint = At least 8 characters.

## New listing
new-title = List an item
new-go = Publish
new-has-errors = Please fix the highlighted fields.
new-more-terms = Reserve, buy-now, increment
label-title = Title
label-description = Description
label-pictures = Pictures
opening-hint = The lowest possible first bid.
label-deadline = End
closes-at-own = at a time I choose
label-closes-at = Ends at ({ $zone })
closes-at-hint = Applies with “at a time I choose”.
soft-close-hint = A late bid extends the auction, so that others can respond.
soft-close-window = In the last (min)
soft-close-extension = Extend by (min)
soft-close-cap-label = At most (min)
label-reserve-price = Reserve
reserve-hint = Kept secret. Below this price, the item is not sold.
buy-now-hint = A buyer can pay this to end the auction now.
increment-hint = A fixed step between bids. If left empty, the standard steps apply.

## Account
account-receipts = Receipts
account-title = Account
account-leading = Leading
account-leading-none = You’re not leading any auction.
account-outbid = Outbid
account-selling = Selling
account-selling-none = You have not listed anything yet.
account-statement = Statement
account-statement-none = No transactions yet.
purse-explained = Available is your balance plus your credit limit, less what is held for items you lead.
stake-held = Your maximum: { $max }. Held for it: { $held }.
won-partly = { $owed } of { $total } still due
account-owed = Due on your bill: { $owed }.
charge-paid = paid
charge-partly = { $owed } due
charge-owed = on your bill
charge-reversed = reversed
charge-voided = voided
won-made-of = Hammer price { $hammer } + premium { $premium }
column-at = Time
column-cause = Details
column-amount = Amount
cause-credit = Paid in
cause-debit = Paid out
cause-void = Payment voided
cause-bought = Bought
cause-sold = Sold
cause-reversed = Reversed
cause-reversed-of = Sale of item { $listing } reversed; nothing is owed for it

## Board
board-title = Board
board-next = Ending next
board-idle = The next items will follow soon.

## A sale: its board and its paper
sale-opens = Bidding opens
sale-first-ends = First lot ends
sale-last-ends = Last lot ends
sale-ends-in = Sale ends in
sale-section-ends-in = { $section } ends in
sale-figures = The sale so far
sale-lots = Lots
sale-section = Section
sale-unbid = { $n ->
    [one] 1 lot without a bid
   *[other] { $n } lots without a bid
}
sale-thanks = The sale is over. Thank you!
sale-sold-of = { $sold } of { $n } lots sold
sale-paused-since = since { $at }
sale-postponed = Postponed by { $by }: { $why }
sale-section-postponed = { $section } postponed by { $by }: { $why }
sale-out-of-reach = Phones cannot reach this address.
print-title = Print
print-catalogue = Catalogue
print-catalogue-hint = A booklet in A4 with a cover: each lot with its picture, description, opening price and end.
print-sheets = Bid sheets
print-sheets-hint = One A5 page for each open lot, with its next ten amounts and room for names.
print-labels62 = Labels for 62 mm rolls
print-labels62-hint = 62 × 29 mm, one label a page: lot code, title and a code to scan.
print-labels24 = Labels, 24 on a sheet
print-labels24-hint = A4 with 3 × 8 labels of 70 × 37 mm.
print-part = Print a part
print-what = What
print-all-sections = All sections
print-lots-hint = Codes and ranges, such as A1-A12, B3. If left empty, all lots.
print-skip = Labels already used
print-skip-hint = For a sheet of 24 that was used in part: this many labels stay empty.
print-show = Show
print-how = Print with your browser (Ctrl+P or ⌘P), at 100 %, without margins of its own.
print-shown = Lots { $from } to { $to } of { $n }
print-pages = Parts
print-page-nth = Part { $n }
print-nothing = There are no lots to print.
print-no-lot = This sale has no lot { $lot }.
print-no-section = This sale has no section { $section }.
print-need-skip = Enter how many labels of the sheet are used: 0 to 23.
print-too-many = Enter at most 1,000 codes and ranges.
print-price-now = Price when printed
print-column-number = Bidder no.
print-column-name = Name
print-column-amount = Amount

## What went wrong
error-403 = Not allowed
error-404 = Page not found
error-429 = Too many requests
error-503 = One moment, please
error-4xx = That did not work
error-5xx = Something went wrong
refused-bad-request = The request could not be read.
refused-unauthenticated = Please log in first.
refused-forbidden = This request did not come from this site’s own pages.
refused-other-origin = This form was not recognised as sent from this site, so nothing was changed. If you did send it from here, the server’s proxy is not set up correctly: please tell the organiser. The server log says what to change.
refused-suspended = Your account is suspended. You can look around, but you cannot bid or sell. Please ask the organiser.
refused-awaiting-approval = Your account is waiting for the organiser’s approval. Until then you can look around, but you cannot bid or sell.
refused-not-the-seller = Only the seller can cancel this listing.
refused-own-listing = You cannot bid on your own item.
refused-not-found = This page or item does not exist.
refused-method = This cannot be done here.
refused-bid-too-low = The price has moved. Bid at least { $minimum }.
refused-listing-closed = This item no longer takes bids.
refused-paused = The sale is paused. You can bid again as soon as it goes on.
refused-beyond-limit = This bid is beyond the bidder’s limit.
refused-code-in-use = This code has been used on another device. Ask the organiser for a new pass.
refused-pass-ended = This pass has ended. Ask the organiser for a new one.
refused-not-of-pass = This pass does not allow that.
refused-above-pass-limit = With this pass a bidding limit can be at most { $most }.
refused-number-taken = Somebody else has this number.
refused-registered-already = This person has number { $number } already.
refused-similar = Perhaps this guest has a number already: { $bidders }.
refused-not-covered = This lot is not paid: { $due } is due. Say why it is handed over all the same.
refused-above-due = This is more than is due: { $due }.
refused-not-sold = Nobody has bought this lot, or its sale was reversed.
refused-handed-over-already = This lot has been handed over already.
refused-voided-already = This payment is voided already.
refused-not-published = This sale is not published, or it was cancelled.
refused-not-open-yet = Bidding opens at { $at }.
refused-already-leading = You’re already the highest bidder. To bid again, raise your maximum.
refused-insufficient-funds = Insufficient funds: you have { $available } available, and a bid needs enough for your maximum and the premium.
refused-email-taken = There is already an account with this email address.
refused-name-taken = Somebody else has this name, or one that looks like it.
refused-unverified = Please confirm your email address first: open the link in the email that we send you.
refused-terms-not-accepted = Please accept the terms of this house first.
refused-link-ended = This link has been used already, or it has expired. Please ask for a new one.
refused-wrong-password = The password is wrong.
refused-log-in-too-old = You logged in a while ago. Please give your password, too.
refused-in-use-leads = You are the highest bidder on an open item, so the account cannot be closed yet.
refused-in-use-owes = Something is still due, so the account cannot be closed yet.
refused-in-use-is-owed = You have money here, so the account cannot be closed yet. Ask the organiser to pay it out.
refused-in-use-sells = Something that you sell is still open, so the account cannot be closed yet.
refused-account-closed = This account is closed.
refused-sign-on-only = Passwords are not used here. Please log in with single sign-on.
refused-out-of-scope = This token may not do that.
refused-token-name-taken = There is a token of this name already. Please revoke it first.
refused-too-many = You can have at most { $most } of these. Please remove one first.
refused-too-large = That is too large.
refused-unsupported = This format is not supported.
refused-invalid = Please check this field.
refused-rate-limited = Too many requests. Please wait a moment.
refused-rate-limited-for = Too many requests. Please try again in { $wait }.
refused-log-ins-limited = Too many log-ins have failed, so this one was not accepted. Please check your email and password, and try again in { $wait }. From another network where you have logged in before, the right password works at once.
refused-sign-ups-limited = Too many people are joining from your network right now. Please try again in { $wait }.
refused-busy = The server is busy. Please try again in a moment.
refused-journal-away = The house cannot write anything just now, so bidding, buying and listing wait. Please try again in a moment.
refused-clock-jumped = The server’s clock is being checked, so bidding, buying and listing are paused. Please try again shortly.
refused-broken = Something went wrong. Please try again.
refused-too-many-open = You have as many open items as one seller can have here. Please wait until one of them ends.
refused-has-bids = There are already bids, so this listing can no longer be cancelled.
refused-wrong-login = Wrong email or password.
refused-wrong-code = No pass has this code. Please check it.
refused-no-pass = The desk needs a pass. Open the link that the organiser gave you.
refused-wrong-pin = Wrong number or PIN.
refused-pins-limited = Too many log-ins have failed, so this one was not accepted. Please check your number and PIN, and try again in { $wait }, or ask at the desk for a new PIN.
refused-buy-now-over = Bidding has begun, so the item can no longer be bought at once. You can still bid.
refused-no-buy-now = This item has no buy-now price.
need-title = Enter 1 to 120 characters.
need-description = Enter at most 10,000 characters, without control characters.
need-message = Enter at most 200 characters, without control characters.
need-name = Enter 1 to 40 characters.
need-email = Enter an email address, such as ann@example.org.
need-password = Enter 8 to 200 characters.
need-number = Enter a number from 1 to 99999.
need-pin = Enter the six digits of your PIN.
need-sale = Choose the sale that your number is for.
text-one-line = Enter one line, without control characters.
text-no-controls = Control characters are not allowed.
text-nothing-visible = Enter at least one visible character.
text-too-many-marks = A letter can have at most 4 accents or marks.
email-with-mailto = Enter only the address, without "mailto:".
email-with-name = Enter only the address, without a name and < >.
email-several = Enter only one address, without commas.
email-two-ats = An email address has only one @.
email-spaces = An email address has no spaces.
email-invisible = This address contains an invisible character. Please type it by hand.
email-quoted = Enter the address without quotation marks.
email-dots = Before the @, a dot cannot be first or last, and two dots cannot stand together.
email-wrong-name = The part before the @ contains a character that an email address cannot have.
email-wrong-domain = The part after the @ must be a domain, such as example.org.
email-ip-address = The part after the @ must be a domain, such as example.org, not an IP address.
email-too-long = An email address has at most 64 characters before the @, and 254 in total.
need-picture = Up to 8 pictures (JPEG, PNG, WebP or GIF) of at most 10 MiB each and 40 MiB in total. The first one is shown in lists.
picture-no-picture = This file is not a picture in one of these formats.
picture-other-kind = This file’s format is { $kind }. Please save the picture as a JPEG.
picture-heic = This photo’s format is HEIC. Please send it as a JPEG: on an iPhone, choose it from Photos rather than from Files, or set Settings → Camera → Formats → Most Compatible for new photos.
picture-too-large = A file is larger than 10 MiB.
picture-too-many-pixels = This picture is too large: at most 120 megapixels, and 16,000 pixels per side.
picture-too-large-for-its-kind = This picture has too many pixels for the way it is saved. Please save it as a standard JPEG, not progressive: that can have up to 120 megapixels.
picture-unusual-jpeg = Browsers cannot show this kind of JPEG. Please save it as a standard 8-bit JPEG.
picture-broken = This picture is damaged or incomplete.
need-max = Your maximum cannot be lower than your bid.
need-raise = Enter a maximum above { $max }.
need-reserve = The reserve cannot be lower than the opening price.
need-buy-now = The buy-now price cannot be lower than the opening price or the reserve.
need-closes = Choose a time from 5 seconds to one year ahead.
need-soft-close = Fill in all three, in whole minutes, each at least 1.
closes-skipped = The clocks go forward then, so this time does not exist.
closes-earlier = The clocks go back that night, so this time comes twice. The earlier one counts.
amount-empty = Enter an amount, such as { $example }.
amount-not-a-number = Enter an amount such as { $example }.
amount-whole-only = Enter a whole amount, such as { $example }.
amount-decimals = Enter at most { $n } decimals, such as { $example }.
amount-out-of-range = Enter an amount from { $least } to { $most }.

## Said once after something was done
done-joined = Welcome! You are logged in.
done-logged-in = You are logged in.
done-logged-out = You are logged out.
done-bid = Bid placed.
done-bid-leading = Bid placed. You’re the highest bidder.
done-bid-outbid = Outbid at once: someone set a higher maximum.
done-bought = The item is yours!
done-listed = Your item is listed.
done-listed-earlier = Your item is listed. The clocks go back that night, so the end time comes twice; the earlier one counts.
done-cancelled = The listing is cancelled.

## For the script
live-on = live
live-off = reconnecting…
clock-bound = ± %ms ms
script-n-bids = %n bids
script-one-bid = 1 bid
script-outbid = You have been outbid. The price is now %price.
script-leading = You’re the highest bidder. Your maximum: %max
script-won = You won!
script-bidder-number = No. %n
script-say-price = %bidder bids %price.
script-say-left = %left left.
script-sold-to = Sold to %winner for %hammer.
script-closed-unsold = Not sold.
script-closed-cancelled = This listing was cancelled.
script-confirm-go = Bid %amount
script-accepted = Bid placed: %amount.
script-raised = Your maximum is now %max.
script-countdown-days = %d d %h h
script-countdown-hours = %h h %min min
script-new-listings = Show new items
script-full-time = %day %month %year, %time %zone
script-proof-checking = Recomputing… %n entries so far.
script-proof-agrees = The hash chain is intact: %n entries recomputed, %bids of them bids. Latest hash: %head
script-proof-departs = The hash chain is broken at %place: %why
script-proof-broken = The hash chain could not be read. Please reload the page.
script-proof-why-hash = its hash does not match its content and the entry before it.
script-proof-why-join = its page does not continue where the previous one ended.
script-proof-why-order = it does not belong there.
script-proof-why-head = it ends with a different hash than the server states.
script-receipt-unreadable = This is not a receipt. A receipt begins with auction-receipt:
script-receipt-other-listing = This receipt is for item %listing.
script-receipt-no-such-bid = The history has no bid %seq; it has %n bids in total.
script-receipt-other-hash = Bid %seq has a different hash in this history: it is not the history in which you bid.
script-receipt-wrong-max = Bid %seq is in the history, but its sealed maximum does not match the one in the receipt.
script-receipt-stands = Bid %seq is in the history with this hash.
script-receipt-opens = Bid %seq is in the history with this hash, and its sealed maximum matches yours.
script-receipt-unproven = The hash chain is broken before bid %seq, so this receipt cannot be verified.
script-paused = Paused: %why
script-resumed = The sale goes on. This item now ends at %time.
script-sale-resumed = The sale goes on.
script-postponed = Postponed by %by: %why
script-opened = Bidding is open.
script-seconds = %n s
script-minutes = %n min
script-hours = %n h
script-extended = Extended: it now ends at %time.

## Watching, paper, preview
watch = Watch
sheet-link = Printable sheet
sound = Sound
spark-label = The price from the start until now
code-label = Scan to bid
sheet-out-of-reach = This code works only on this computer: nobody who scans it can reach the auction. Before you print, set the address that people open:
print = Print
invoice-title = Invoice { $n }
invoice-reversed = This sale was reversed on { $at }: { $why }. Nothing is owed for it.
invoice-reversed-by = This sale was reversed on { $at } by { $who }: { $why }. Nothing is owed for it.
invoice-date = Date
invoice-buyer = Buyer
invoice-total = Total
invoice-paid = Paid in full.
invoice-link = Invoice

## Bills
bills-title = Bills
bills-none = You have not bought anything yet.
bills-link = All bills
bill-title = Bill: { $of }
bill-outside-sales = purchases outside sales
bill-explained = Money in your account covers the oldest purchase first, over all sales.
bill-none = You have not bought anything in this sale.
bill-line-paid = paid
bill-line-due = { $due } due
bill-line-reversed = sale reversed
bill-line-handed-over = handed over { $at }
bill-payments = Payments
bill-payment-voided = voided: { $why }
bill-payment-by = taken by { $by }
bill-payment-reference = reference { $reference }
price-from = Price from
price-to = Price to
show-label = Filter items
show-all = All
show-ending = Ending soon
show-no-bids = No bids yet
show-watched = Watchlist
show-mine = Mine
empty-watched = You are not watching anything yet. Press “Watch” on an item.
empty-mine = You have not bid on or listed anything yet.
preview-title = Preview
preview-go = Preview
preview-change = Not right yet? Change it below.
pictures-kept = Your pictures are saved. Untick one to remove it, or choose more to add them.
pictures-label = Pictures
picture-nth = picture { $n } of { $of }
picture-show = Show picture { $n }
about-house = { $house }: live auctions with a countdown by the server’s clock.
label-category = Category
category-hint = Helps people find your item. Choose one, or enter a new one.
need-category = Enter one line of at most 40 characters.
categories-label = Categories
categories-all = All categories
done-watched = Added to your watchlist.
done-unwatched = Removed from your watchlist.

## Mails
mail-greeting = Hello { $name },
mail-subject-outbid = You have been outbid: item { $listing }
mail-subject-won = You won: item { $listing }
mail-subject-sold = Sold: item { $listing }
mail-subject-unsold = Not sold: item { $listing }
mail-subject-cancelled = Cancelled: item { $listing }
mail-subject-extended = Extended: item { $listing }
mail-subject-funds = Your account: { $available } available
mail-subject-more = { $first }, and { $n } more
mail-outbid = You have been outbid on “{ $title }”.
mail-stands = The price is now { $price }. The next bid must be at least { $minimum }.
mail-closes = It ends on { $at }.
mail-paused = It is paused now; its end moves by the length of the pause.
mail-has-ended = The auction has ended since then.
mail-won = You won “{ $title }”.
mail-paid = { $total } is paid.
mail-partly = It is on your bill: { $total }, of which { $owed } is still due.
mail-owed = It is on your bill: { $total }.
mail-reversed = The sale was reversed, so you owe nothing for it.
mail-sold = “{ $title }” was sold for { $hammer }.
mail-earned = { $amount } was credited to your account.
mail-commission = after a commission of { $commission }
mail-unsold = The auction of “{ $title }” has ended.
mail-released = The amount held for it is available to you again.
mail-cancelled = “{ $title }” was cancelled: { $why }
mail-extended = The auction of “{ $title }” was extended.
mail-prolonged = The server was down from { $from } to { $until }.
mail-subject-sale-moved = New closing times: sale { $sale }
mail-sale-postponed = Lots of “{ $sale }” were postponed by { $by }: { $why }
mail-sale-resumed = “{ $sale }” goes on after a pause.
mail-lot-closes = Lot { $lot } “{ $title }” now ends on { $at }.
mail-lot-paused = Lot { $lot } “{ $title }” is paused now; its end moves by the length of the pause.
mail-funds = Your account: { $available } available, balance { $balance }.
mail-choose = You can choose which emails you receive on your account page.
mail-choose-at = Choose which emails you receive: { $url }

## Help
help-title = Help
help-contents = On this page
help-all = All pages
help-in-english = This manual is in English.

## Which mails one gets
choose-title = Emails
choose-kinds = Email me when
choose-outbid = I am outbid
choose-won = I win
choose-sold = my item sells
choose-unsold = an item that I sell or lead is not sold
choose-cancelled = an item that I sell or lead is cancelled
choose-extended = an item that I sell or bid on is extended
choose-funds = money is paid in or out, or a sale is reversed
choose-language = Language
choose-go = Save
done-chosen = Your email settings are saved.

# The desk

desk-title = Desk
desk-nav = Desk
desk-until = until { $at }
desk-checkin = Check-in
desk-checkin-hint = Find or add guests, give numbers, print number cards.
desk-bid = Bids
desk-bid-hint = Enter bids from paper, by phone or from the room.
desk-checkout = Checkout
desk-checkout-hint = Take payments and hand over lots.
desk-way-start = To the desk
desk-offline = No connection. Nothing you have entered is lost; the desk goes on as soon as the connection is back.
desk-open = Open the desk
desk-code = Code of your pass
desk-code-hint = The organiser gave you a link or a code. It opens the desk on this device only.
desk-open-held = This device has the pass “{ $name }” for { $sale }.
desk-open-on = Go on to the desk
desk-search = Find a guest
desk-search-go = Find
desk-search-hint = Number, name, phone or email. Or scan a number card.
desk-guests = Guests
desk-nobody-yet = Nobody has a number yet.
desk-found-nobody = Nobody found for “{ $q }”. Add them as a new guest.
desk-found = { $n ->
    [one] 1 guest
   *[other] { $n } guests
}
desk-found-many = The first { $n } guests. Type more to narrow it down.
desk-add = New guest
desk-add-go = Give a number
desk-number = Number
desk-name = Name
desk-phone = Phone
desk-similar = Does this guest have a number already?
desk-number-hint = Empty: the next free number, { $number }.
desk-limit = Bidding limit
desk-limit-hint = How far they may bid without paying in. Empty: the usual limit.
desk-limit-hint-most = How far they may bid without paying in, at most { $most }. Empty: the usual limit.
desk-anyway = It is somebody else: register { $name }
desk-show-number = Show number { $number }
desk-show-card = Show the number card
desk-sent-already = This form has been sent already, with other values. What was sent first stands.
desk-since = Registered
desk-registered-by = { $at }, by { $by }
desk-next-guest = Next guest
desk-first-pin = Give a PIN and show the card
desk-new-pin = New card with a new PIN
desk-new-pin-hint = The PIN on the old card then no longer works.
desk-given = Number { $number } is { $name }’s.
desk-card-how = Bid on your phone: scan, then enter your PIN.
desk-card-once = The PIN is shown on this device only. If the card is lost, print a new one.
desk-card-old = This card is out of date: the guest has got a new PIN since.
desk-pin = PIN
desk-print = Print the card
desk-print-at-once = Print number cards automatically on this device
need-phone = Enter 3 to 40 characters.
need-limit = Enter an amount, or leave it empty.
desk-refused-funds = This bid is above what the guest may spend. A payment or a higher bidding limit allows more.
desk-refused-leading = This guest is the highest bidder already. Only a higher maximum changes that.
desk-refused-own = This guest is the seller of this lot and cannot bid on it.
desk-refused-suspended = This guest’s account is suspended. Ask the organiser.
desk-refused-approval = This guest’s account is waiting for the organiser’s approval.
desk-no-lot = There is no such lot in this sale.
desk-no-number = Nobody has this number.
desk-bid-title = Enter a bid
desk-lot = Lot
desk-scan-hint = Type the code, or scan the label.
desk-amount-hint = The bid to place now. Leave it empty and enter a maximum to bid the least that the lot takes.
desk-bid-amount = Bid
desk-bid-max = Maximum
desk-max-hint = The house bids for the guest up to this amount, and shows it to nobody.
desk-need-amount = Enter an amount or a maximum.
desk-source = How the bid came in
desk-bid-go = Check the bid
desk-bid-confirm = Enter this bid?
desk-confirm-pay = Total if the guest wins
desk-bid-binds = A bid cannot be taken back. It is marked as entered by the desk.
desk-bid-leads = Bid entered: number { $number } is the highest bidder on lot { $lot }.
desk-bid-outbid = Bid entered, but somebody’s maximum is higher: number { $number } does not lead lot { $lot }.
desk-bid-raised = Maximum raised: number { $number } is still the highest bidder on lot { $lot }.
desk-show-slip = Show the bid
desk-slip-seq = Bid
desk-slip-at = Time
desk-slip-hash = Receipt
desk-slip-fine = Check this receipt on the lot’s verification page. A maximum is not printed: the bidder sees it after logging in.
desk-print-slip = Print the receipt

# Checkout
method-cash = Cash
method-card = Card
method-bank = Bank transfer
method-other = Other
need-why = A reason, in one line of at most 200 characters.
need-reference = At most 80 characters, in one line.
checkout-number-hint = Type it, or scan a number card or the label of a lot.
checkout-show = Show the bill
checkout-lost = Card lost? Search by name
checkout-name = Name, email or telephone
checkout-search = Search
checkout-found = { $n ->
    [0] No guest is found by “{ $name }”.
    [one] 1 guest is found by “{ $name }”.
   *[other] { $n } guests are found by “{ $name }”.
}
checkout-other-sale = This code is from another sale.
checkout-no-number = { $name } bought this lot and has no bidder number yet. Check them in first.
checkout-till = Payment
checkout-of-number = Number { $number }
checkout-amount-hint = For cash, type what you are given: the change is worked out.
checkout-method = Paid by
checkout-reference = Reference
checkout-take = Take the payment
checkout-taken = { $amount } taken · { $method }
checkout-change = Give back { $amount }
checkout-more = This is more than is due: { $due }. The other { $rest } would stay on the account as credit.
checkout-more-of-nothing = Nothing is due. All { $rest } would stay on the account as credit.
checkout-more-go = Take { $amount } all the same
checkout-more-not = Change the amount
checkout-handover = Handover
checkout-hand-over-all = { $n ->
    [one] Hand over 1 paid lot
   *[other] Hand over { $n } paid lots
}
checkout-hand-over = Hand over
checkout-hand-over-lot = Hand over { $lot }
checkout-hand-over-unpaid = Hand over unpaid
checkout-why = Not paid. Why is it handed over all the same?
checkout-handed-over = Handed over.
checkout-handed-over-at = Handed over { $at }
checkout-receipt = Receipt { $n }
checkout-print-bill = Bill to print
checkout-older = Payments cover the oldest charges of the account first, from other sales too.
checkout-advance = Take a payment in advance
checkout-lots = { $n ->
    [one] 1 lot
   *[other] { $n } lots
}
checkout-no-lines = This guest has bought nothing so far.
checkout-line-paid = Paid
checkout-line-unpaid = Not paid
checkout-marked = scanned
checkout-void = Void
checkout-void-why = Reason for the void
checkout-void-go = Void { $amount }
checkout-void-done = Voided
checkout-voided = The payment is voided.
receipt-bill = Bill
receipt-name = Name
receipt-by = Taken by
receipt-hammer = Hammer prices
receipt-paid = Paid in full.
receipt-thanks = Thank you!
receipt-back = Back to the bill
receipt-print-always = Print receipts automatically on this device
till-title = What { $name } took
till-since = Since { $at }
till-n-payments = { $n ->
    [one] 1 payment
   *[other] { $n } payments
}
till-n-voids = { $n } voided
till-taken = Taken
till-sum = Sum
till-count = Count sheet
till-made = Printed
till-voids = Voided payments
till-drawer = Drawer
till-float = Float at the start
till-cash-taken = Cash taken
till-should = Should be in the drawer
till-counted = Counted
till-difference = Difference
till-pieces = Counted by coin and note
till-piece = Coin or note
till-n = Pieces
till-given-by = Handed over by
till-taken-by = Taken over by
send-sending = Booking … %what
send-waiting = Not booked yet — waiting for the connection. %what It is sent again by itself. Hand nothing over before it is booked.
send-payment = Number %number, %amount.
send-lost = The pass ended before an answer came, so it is not known whether this was booked. %what Open the desk again and look at the bill.

# The account's own pages
own-nav = Your account
own-profile = Name, email, language
own-sessions = Where you are logged in
profile-title = Name, email, language
profile-by-pin = To change your name or your email, log in with your email and password, or ask the organiser.
profile-name-hint = Everyone sees it next to your bids, also next to earlier ones.
profile-name-go = Change the name
profile-verified = This address is confirmed.
profile-email-hint = A new address counts once you open the link that we send to it.
profile-email-waits = We have sent a link to { $email }. The address counts once you open it.
profile-email-go = Change the email
profile-data-title = Your data
profile-data = You can download all that this house holds about you.
profile-data-go = Download your data
sessions-title = Where you are logged in
sessions-explained = If you do not recognise one of these, end it and change your password.
sessions-device = { $browser } on { $system }
sessions-program = A program
sessions-unknown = Unknown device
sessions-current = This one
sessions-end = Log out
sessions-at = Logged in { $time }
sessions-seen-at = Last used { $time }
close-link = Close the account
close-title = Close the account
close-forgets = Your name, your email address and your phone number are removed everywhere, and you are called a former member from then on. Your sessions, watchlist, emails and tokens are deleted.
close-keeps = What you have bid, bought, sold and paid stays in the books of the house without your name. This cannot be undone.
close-refuses = You cannot close the account while you are the highest bidder on an open item, owe something, have money here, or sell something that is open.
close-data-first = Download your data first
close-go = Close the account for good
done-renamed = Your name is changed.
done-email-asked = Open the link that we have sent to the new address.
done-language-chosen = Your language is saved.
done-session-ended = That device is logged out.
done-closed = Your account is closed.
refused-no-mail = This house sends no emails, so nothing can be confirmed by one. Please ask the organiser.
refused-by-pin = Log in with your email and password for this.

# Being told
mail-subject-ending = Ends soon: item { $listing }
mail-subject-opens = Bidding is open: sale { $sale }
mail-subject-bill = Your bill: sale { $sale }
mail-subject-pending = Somebody is waiting for approval
mail-ending = “{ $title }” ends soon.
mail-ending-leads = You are the highest bidder, at { $price }.
mail-ending-no-bids = Nobody has bid yet. The first bid must be at least { $minimum }.
mail-opens = “{ $sale }” has opened: you can bid on the lots that you watch.
mail-bill = “{ $sale }” is over. You bought { $n ->
    [one] 1 lot
   *[other] { $n } lots
}.
mail-bill-due = Amount due: { $due }
mail-bill-partly = Amount due: { $due } of { $total }
mail-bill-paid = { $total } is paid.
mail-bill-pickup = Pickup: { $pickup }
mail-pending = { $name } ({ $email }) has asked to join and is waiting for approval.
mail-pending-how = To approve: { $command }
mail-link-sale = Open the sale
mail-link-bill = Open your bill
choose-ending = an item that I watch or bid on ends in 15 minutes
choose-opens = a sale opens of which I watch a lot
choose-bill = a sale is over and I have a bill
choose-pending = somebody is waiting for approval
choose-push-kinds = Notify my browsers when

# Members: names, approval, invitations
name-invisible = Please use plain spaces only, and no invisible characters.
name-reserved = Please choose another name: this is how former members are called.
invitation-title = You are invited
invitation-how = An account has been opened for { $email }. Choose a password; others see the name, which you may change.
invitation-go = Join
invitation-over = This invitation has been used already, or it has expired. If you have a password, log in; otherwise please ask the organiser to invite you again.
waiting-for-you = { $n ->
    [one] 1 person is waiting for approval.
   *[other] { $n } people are waiting for approval.
} To see and approve them: auction account list --pending, and auction account approve EMAIL
asked-subject-approved = { $house }: your account is approved
asked-approved-why = Your account at { $house } has been approved. You can bid and sell from now on.
asked-approved-go = Go to the auctions
asked-approved-not-you = If you have no account there, somebody has given your address by mistake, and you need do nothing.
# Logo, welcome, mails in HTML
mail-link-item = Open the item
mail-link-bid = Bid again
mail-link-choose = Choose which emails you receive

# Letters, passwords and verified addresses.
asked-subject-reset = { $house }: choose a new password
asked-subject-verify = { $house }: confirm your email address
asked-subject-invitation = { $house }: your invitation
asked-subject-address-changed = { $house }: your email address was changed
asked-reset-why = Somebody, probably you, asked to choose a new password for your account at { $house }.
asked-reset-open = Open this link to choose one:
asked-reset-go = Choose a new password
asked-reset-not-you = If it was not you, you need do nothing: your password stays as it is.
asked-verify-why = An account at { $house } names this email address.
asked-verify-open = Open this link to confirm that the address is yours:
asked-verify-go = Confirm the address
asked-verify-not-you = If you know of no such account, you need do nothing.
asked-invitation-why = You are invited to the auctions of { $house }: an account has been opened for you.
asked-invitation-open = Open this link to choose a password:
asked-invitation-go = Choose a password
asked-invitation-not-you = If you do not want the account, you need do nothing: without a password nobody can log in.
asked-once = The link works once, within { $life }. A newer email of this kind replaces it.
asked-address-changed = The email address of your account at { $house } was changed to { $new }. Emails go there from now on.
asked-address-changed-not-you = If it was not you, somebody else may be using your account: tell the organiser at once.

# Tokens for programs, single sign-on
tokens-title = Tokens for programs
tokens-explained = With a token, a program can act for you here, as far as you allow. No token reaches your password, your sessions or your other tokens.
tokens-help = How programs use them
tokens-none = You have no tokens.
token-added = This is the new token. Copy it now: it is not shown again.
token-add-title = Add a token
token-add = Add token
token-name = Name
token-name-hint = What the program is called, such as “Stock list”.
token-may = The program may
scope-read = read what you may read (read)
scope-bid = bid, buy and watch (bid)
scope-list = list, and cancel your listings (list)
scope-desk = work at the desk of sales (desk)
token-until = Until (optional)
token-until-hint = Without a time it holds until you revoke it.
token-password-hint = You logged in a while ago, or by a PIN: give your password, or log in again.
token-revoke = Revoke
token-revoke-named = Revoke the token { $name }
token-ends = until { $at }
token-ended = ended { $at }
token-no-end = without an end
token-used = last used { $at }
token-unused = never used
done-revoked = The token is revoked.

login-forgotten = Forgot your password?
forgotten-title = Forgot your password?
forgotten-how = Type the email address of your account. We send you a link to choose a new password.
forgotten-go = Send the link
forgotten-sent = If there is an account with this address, an email with a link is on its way. The link works once, for 30 minutes.
forgotten-nothing-came = Nothing came? Look among the spam, and check the address.
forgotten-again = Ask for a new link
forgotten-back = Back to log in
forgotten-no-mail = This house sends no emails. Please ask the organiser for a new password.
refused-forgotten-limited = Too many links were asked for from your network right now. Please try again in { $wait }.
reset-title = Choose a new password
reset-how = You will be logged out everywhere. Then log in with the new password.
reset-go = Save the password
label-new-password = New password
label-old-password = Current password
need-old-password = Enter your current password.
verify-title = Confirm your email address
verify-how = Confirm that { $email } is yours.
verify-go = Confirm
verify-again = Log in, and have a new link sent.
verification-again = Send the email
change-password-title = Change password
change-password-how = On your other devices you will be logged out.
change-password-go = Save the password
done-password-set = Your new password is saved. Log in with it.
done-password-changed = Your password is changed. You are logged out on your other devices.
done-verified = Your email address is confirmed.
done-verification-sent = The email is on its way. Open the link in it.
done-joined-unverified = Welcome! We have sent you an email: open the link in it, then log in.

# Terms, and the house's own pages
own-about = About
own-contact = Contact
own-privacy = Privacy
own-terms = Terms
terms-version = Version { $version }, published { $at }
terms-accept = I accept the terms
terms-before-bid = The terms of this house have to be accepted before you bid.
terms-hash-title = How to check these terms
terms-hash-said = Receipts for bids name the terms by this number, the SHA-256 of their text:
terms-as-written = The text as it was published, for programs
terms-others = Other versions
join-terms = I accept the terms of this house
join-terms-read = Read the terms
done-terms-accepted = You have accepted the terms.
script-receipt-terms = It was made under version %terms_version of the terms, published %terms_at, which the bidder had accepted. The text of that version gives the number in the receipt.
script-receipt-other-terms = This receipt names other terms than those under which the bid was made.
script-receipt-no-terms = This receipt names terms, but no terms were accepted for this bid.
script-receipt-wrong-terms = The terms that this receipt names were not published as the house says: their text gives another number, or they came after the bid.

sso-go = Log in with single sign-on
sso-only = Everybody logs in with single sign-on here; there are no passwords.
sso-failed-title = You are not logged in
sso-verify-by-mail = Please confirm your email address first: open the link in the email that we send you, then log in again.
sso-again = Try again
sso-not-begun = This log-in was not begun here, or longer than ten minutes ago, or it has been used. Begin again.
sso-denied = The single sign-on did not let you in.
sso-down = The single sign-on cannot be reached at the moment. Try again in a while.
sso-unsound = The answer of the single sign-on could not be trusted, so you are not logged in. The organiser can find the cause in the log.
sso-sign-up-closed = You have no account here, and only the organiser can open accounts; ask there for yours.
sso-email-taken = There is already an account with your email address, and the single sign-on has not confirmed that the address is yours. Please ask the organiser.
sso-unverified = The single sign-on has not confirmed your email address, which this house requires. Please confirm it there first.

# Notices in the browser, and the page without a connection.
push-title = In this browser
push-none = To be notified here, you need a browser with notifications and JavaScript, and an address that begins with https.
push-on = This browser notifies you, even when no page of the house is open.
push-off = This browser does not notify you.
push-denied = This browser is not allowed to show notifications of this site. You can change that in its settings.
push-full = Too many browsers notify you already. Turn it off in another one first.
push-failed = That did not work. Please try again later.
push-turn-on = Notify me in this browser
push-turn-off = Stop notifying me here
push-test = Send a test notification
push-counted = { $n ->
    [0] No browser notifies you yet.
    [one] 1 browser notifies you.
   *[other] { $n } browsers notify you, of at most { $most }.
}
push-test-title = This is a test
push-test-body = Notifications arrive in this browser.
offline-sentence = There is no connection at the moment. Nothing was sent: your bids and everything else stand as they did before.
offline-again = Try again

# The first page, the cards, the head of a sale
mine-leading = Leading
mine-outbid = Outbid — bid { $minimum }
script-own-outbid = Outbid — bid %minimum
sale-last = Last sale
raised-so-far = Raised so far
how-title = How it works
how-join = Join or get a bidder number
how-bid = Bid: set your maximum
how-collect = Pay and collect
filter = Filter
filter-go = Show items
filter-clear = Clear filters

# The account's pages, error pages, the house's texts
own-payment = How to pay
own-pickup = Pickup
own-payment-all = More about payment
own-pickup-all = More about pickup
what-now = What now?
what-now-bill = Your bill, with pickup
mail-what-now = { $name }: { $what }

# The boards: joining by phone, and the moment of each sale.
board-join = Scan to join
board-side = Join, and the evening so far
moment-sold = SOLD · { $winner } · { $hammer }
moment-unsold = Not sold
moment-more = and { $n } more sold

# live: told on every page.
script-toast = Outbid on %title: the price is now %price
script-toast-bid = Bid again
script-toast-more = Outbid on %n more
script-toast-dismiss = Dismiss: %title
script-toast-title = (%n) Outbid

# The form to list an item.
sell-add-pictures = Add pictures
sell-keep = Keep
sell-cover = Cover
sell-nth = Picture { $n }
sell-earlier = Move picture { $n } earlier
sell-later = Move picture { $n } later
sell-remove = Remove picture { $n }
sell-moved = Moved to position { $n }.
sell-removed = Picture { $n } is removed.
sell-sending = Sending picture { $n }
sell-sent = Picture { $n } is uploaded.
sell-shrinking = Preparing…
sell-waiting = Waiting
sell-again-soon = No connection. Trying again…
sell-failed = Upload failed.
sell-logged-out = You are logged out. Log in in another tab, then try again.
sell-again = Try again
sell-twice = You already have this picture.
sell-fix-pictures = Remove or retry the pictures that could not be uploaded.
sell-wait-list = Uploading { $n } more. Your item is published as soon as they are here.
sell-wait-preview = Uploading { $n } more. The preview is shown as soon as they are here.
sell-wait-stop = Back to the form
sell-publishing = Sending…
sell-restored = Your unfinished draft is back.
sell-start-again = Start again
sell-with-event = with the event: { $name }
sell-event-hint = When its last lot is due to end: { $at }. If the event is postponed later, your item still ends then.
sell-you-receive = You receive
sell-receive = Sold at { $price }, you receive { $net }: the organiser keeps { $commission }.
sell-receive-all = You receive the whole hammer price.

# The page of a listing: maximum first, money before it binds, what keeps from bidding
label-your-max = Your maximum
message-add = Add a message
comes-to = { $amount } + { $percent } % premium = { $total }
comes-to-plain = Total: { $total }
beyond-funds = This exceeds your available funds.
paddle-total = total { $total }
may-spend = Available to spend:
no-funds = You can bid up to { $most }. Pay in at the desk, or ask the organiser.
no-funds-need = The next bid comes to { $total }.
guest-terms = Before your first bid, you accept the terms of this house.
guest-approval = The organiser approves each new account before it can bid.
you-lead-unsaid = You’re the highest bidder.
receipt-chip = Receipt ✓ copy
receipt-copied = Receipt ✓ copied
details = Details
clock-exact = Clock accuracy
confirm-most = Your maximum. We bid { $amount } now, and more only when others do.
confirm-most-reserve = Your maximum. We bid { $amount } now, or the reserve price if your maximum reaches it, and more only when others do.
confirm-most-go = Bid up to { $max }
confirm-hammer-most = Hammer price at most
confirm-premium = Buyer’s premium ({ $percent } %)
confirm-premium-most = Buyer’s premium at most ({ $percent } %)
outbid-at-once = Outbid at once: someone set a higher maximum. The price is now { $price }.

account-tab-pay = To pay
account-tab-bidding = Bidding
account-tab-selling = Selling
account-tab-money = Money
account-tab-settings = Settings
account-pay-none = Nothing to pay.
account-paid = Paid
account-bid = Bid { $minimum }
account-selling-none-open = None of your items is open.
error-413 = Too large to send
error-403-do = If you should be able to do this, ask the organiser.
error-404-do = The address may have a typing mistake, or the page has been removed. Search for an item, or see all of them.
error-413-do = Go back, choose fewer or smaller pictures, and send the form again.
error-429-do = Wait a little, then load the page again. Nothing you have bid is lost.
error-503-do = Load the page again in a moment. Nothing you have bid is lost.
error-4xx-do = Go back, check what you entered, and try again.
error-5xx-do = Load the page again. If it keeps happening, tell the organiser the time shown below.
error-search = Search items
error-reference = Error { $status } · { $at }
offline-title = You’re offline
offline-do = Check your Wi-Fi or mobile data, then try again.

sell-ends-in = in { $length }
sell-at-opening = { $net } if it sells at the opening price
