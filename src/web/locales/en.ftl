# Every sentence of the pages, in English. The same keys stand in ko.ftl; a test compares them.
# In sentences for the script, a name after a percent sign stands for a figure that is put in there.

## Around every page
skip-to-content = Skip to the content
nav-label = House
nav-home = Listings
nav-board = Board
nav-sell = Sell
nav-login = Log in
nav-join = Join
nav-logout = Log out
clock-label = House clock
way-home = To the listings
back = Back
optional = (optional)
warning-no-scheduler = No scheduler of the operating system keeps the deadlines. They are kept only while this server runs.
warning-clock-jumped = The house’s clock is being checked. Bidding and closing wait until that is done; bids already made stand.
warning-clock-behind = The house’s clock stands at { $time } until the machine’s clock catches up.
warning-silent-scheduler = The operating system’s scheduler does not run this house’s entries. Deadlines are kept only while this server runs.
countdown-days = { $d } d { $rest }
span-seconds = { $n } s
span-minutes = { $n } min
span-hours = { $n } h
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}

## States and figures
state-open = Open
state-closing = Closing…
state-sold = Sold
state-unsold = Unsold
state-cancelled = Cancelled
state-all = All
label-price = Price
label-hammer = Hammer price
label-opening = Opening price
label-left = Ends in
label-leader = Leader
label-bids = Bids
label-minimum = Next bid from
label-reserve = Reserve
label-closes = Closes
label-closed = Closed
label-listing = Listing
label-seller = Seller
label-increment = Increment
label-premium = Buyer’s premium
label-soft-close = Soft close
label-outage = Outage
label-buy-now = Buy-now price
label-available = Available
label-balance = Balance
label-held = Held
label-credit-limit = Credit limit
label-paid = Paid
listing-number = No. { $n }
n-bids = { $n ->
    [one] { $n } bid
   *[other] { $n } bids
}
reserve-met = Reserve met
reserve-not-met = Reserve not met
reserve-none = No reserve
extended = extended
no-picture = No picture
premium-added = { $percent } % on top of the hammer price
commission-taken = The house keeps { $percent } % of the hammer price.
soft-close-rule = A bid in the last { $window } moves the close to { $extension } after it,
soft-close-cap = at most { $cap } later than announced.
outage-rule = If the house is not served at some time in the last { $window }, the close moves to { $window } after it is back.
outage-said = The close was moved: the house was not served from { $from } to { $until }.

## Home
home-title = Listings
search-label = Search
search-go = Show
state-label = State
sort-label = Order
sort-closes-at = Ending first
sort-newest = Newest first
sort-price = Lowest price first
sort-price-desc = Highest price first
sort-bids = Most bids first
page-next = More listings
empty-house = Nothing is listed yet
empty-house-next = The first thing to be sold makes the house.
empty-search = Nothing matches “{ $q }”
empty-search-next = Show every open listing
empty-state = Nothing here at the moment
empty-state-next = Show all listings

## A listing
panel-label = Bidding
history-title = Bids
no-bids-yet = Nobody has bid yet.
no-bids-ever = Nobody bid.
reload-for-newest = Load the page again for the newest price.
history-older = { $n ->
    [one] One older bid is not shown.
   *[other] { $n } older bids are not shown.
}
about-title = About
guest-invited = Log in to bid. Watching needs no account.
seller-watches = You are selling this. Sellers do not bid.
entry-armed = The operating system’s scheduler holds this deadline.
entry-unproven = The operating system’s scheduler is given this deadline; within two minutes it shows whether it runs what it is given.
entry-pending = The scheduler’s entry is being made.
cancel-listing = Cancel this listing
closing-wait = The time is up. The result follows in a moment.
you-lead = You lead, with a max of { $max }.
you-are-outbid = You have been outbid.
next-bids-label = Bid in one step
bid-amount = Your bid
bid-at-least = At least { $minimum }
bid-max = Max bid
bid-max-hint = Secret. The house bids for you up to here.
bid-message = Message
bid-submit = Bid
bid-sending = Sending…
bid-automatic = automatic bid
buy-now-go = Buy now for { $price }
receipt = Receipt: bid { $seq }, { $amount }
receipt-check = Check it
receipts-earlier = Earlier receipts
proof-link = Check this history
ended-sold = Sold to { $winner } for { $hammer }.
ended-no-bids = Not sold: nobody bid.
ended-reserve-not-met = Not sold: the reserve was not met.
ended-cancelled = Cancelled.
you-won = You won!
you-won-total = You won! { $total } was taken from your account.
you-sold = Sold!
you-sold-total = Sold! { $total } is in your account.
you-did-not-sell = Your listing was not sold. Nothing was charged.

## The proof
proof-title = Proof
proof-explained = Every bid is bound to all that came before it by a hash. Whoever recomputes the chain sees whether the history is of one piece; a receipt shows that it is the history in which you bid.
proof-receipt = Your receipt
proof-receipt-hint = It stands on the listing’s page, below your bid. It is not sent anywhere: your browser checks it.
proof-receipt-go = Check
proof-by-hand = By yourself
proof-no-script = This browser runs no scripts; so the page cannot recompute the chain for you.
proof-by-curl = All that enters the hashes, in pages that join. The form of each link stands in the README of auction.
proof-by-house = Whoever runs the house checks a receipt against its database:
proof-links = Links
proof-head = Head of the chain:
proof-next = More links
link-listing = listed
link-bid = bid
link-raise = max raised
link-prolongation = prolonged after an outage
link-settlement = settlement

## To confirm
confirm-bid = Make this bid?
confirm-bid-binds = A bid is binding and cannot be taken back.
confirm-bid-go = Bid { $amount }
confirm-buy = Buy it now?
confirm-buy-binds = This ends the listing at once, and the price is taken from your account.
confirm-buy-go = Buy for { $amount }
confirm-cancel = Cancel this listing?
confirm-cancel-binds = It closes for good. It can be listed again as a new one.
confirm-cancel-go = Cancel the listing

## Ways in
join-title = Join
join-go = Join
join-by-admin = Accounts of this house are opened by its admin. Ask there for yours.
join-have-one = You have an account?
login-title = Log in
login-go = Log in
login-have-none = No account yet?
label-name = Public name
name-hint = Everybody sees it beside your bids.
label-email = E-mail
label-password = Password
password-hint = 8 characters or more.

## New listing
new-title = Sell a thing
new-go = List it
new-has-errors = Something is not right yet; see below.
new-more-terms = Reserve, buy-now, increment
label-title = Title
label-description = Description
label-pictures = Pictures
opening-hint = The lowest first bid.
label-deadline = Deadline
label-closes-in = Closes in
closes-at-own = at a time of my choice
label-closes-at = Closes at ({ $zone })
closes-at-hint = Used with “at a time of my choice”.
soft-close-hint = A late bid gives the others time to answer.
soft-close-window = Last … s
soft-close-extension = Extends by … s
soft-close-cap-label = At most … s
label-reserve-price = Reserve
reserve-hint = Secret. Below it the thing is not sold.
buy-now-hint = Whoever pays this has it at once.
increment-hint = Fixed step between bids. Left out, the house’s steps apply.

## Account
account-receipts = Receipts
account-title = Account
account-leading = Leading
account-leading-none = You lead nowhere at the moment.
account-outbid = Outbid
account-outbid-none = Nobody has outbid you.
account-won = Won
account-won-none = Nothing won yet.
account-selling = Selling
account-selling-none = You have listed nothing.
account-statement = Statement
account-statement-none = No money has moved yet.
purse-explained = Available is balance and credit limit, less what is held for the listings that you lead.
stake-held = Your max is { $max }; { $held } is held for it.
won-made-of = Hammer { $hammer } and premium { $premium }
column-at = Time
column-cause = Cause
column-amount = Amount
cause-credit = Paid in
cause-debit = Paid out
cause-bought = Bought
cause-sold = Sold
cause-reversed = Reversed

## Board
board-title = Board
board-next = Ending next
board-idle = The next listings follow.

## What went wrong
mishap-403 = Not allowed
mishap-404 = Not in this house
mishap-429 = Too fast
mishap-503 = A moment, please
mishap-4xx = That did not work
mishap-5xx = Something went wrong here
refused-bad-request = The request could not be read.
refused-unauthenticated = Please log in first.
refused-forbidden = That request did not come from this house’s own pages.
refused-not-allowed = Your account is suspended: you may look, but not bid.
refused-own-listing = Sellers do not bid on their own listing.
refused-not-found = There is no such page or listing here.
refused-method = That cannot be done here.
refused-bid-too-low = That bid is too low by now. At least { $minimum } is needed.
refused-listing-closed = This listing no longer takes bids.
refused-already-leading = You lead already. Raise your max to bid again.
refused-insufficient-funds = Not enough available. You have { $available }, premium included.
refused-taken = This e-mail address has an account already.
refused-too-large = That is too large.
refused-unsupported = This kind of content is not understood.
refused-invalid = Please check this.
refused-rate-limited = That was too fast. Please wait a moment.
refused-busy = The house is busy. Please try again in a moment.
refused-clock-jumped = The house’s clock is being checked, and bidding, buying and listing wait for that. Please try again shortly.
refused-broken = Something went wrong here. Please try again.
refused-too-many-open = You have as many open listings as this house allows one seller. Please wait until one of them ends.
refused-has-bids = There are bids already; it can no longer be cancelled.
refused-wrong-login = E-mail or password is not right.
refused-no-buy-now = Buy-now is no longer offered.
need-title = 1 to 120 characters.
need-description = At most 10,000 characters, without control characters.
need-message = At most 200 characters, without control characters.
need-name = 1 to 40 characters.
need-email = An e-mail address, such as ann@example.org.
need-password = 8 to 200 characters.
need-picture = At most 8: JPEG, PNG, WebP or GIF, each of at most 10 MiB, 40 MiB together. The first is shown in lists.
picture-no-picture = This file is not a picture of one of these kinds.
picture-other-kind = This file’s format is { $kind }. Please save the picture as a JPEG.
picture-heic = This photo’s format is HEIC. Please send it as a JPEG: on an iPhone, choose it from Photos rather than from Files, or set Settings → Camera → Formats → Most Compatible for new photos.
picture-too-large = One file has more than 10 MiB.
picture-too-many-pixels = This picture has too many pixels: at most 120 megapixels, and 16,000 a side.
picture-too-large-for-its-kind = This picture has too many pixels for the way it is saved. Save it as an ordinary JPEG, not progressive: that may have 120 megapixels.
picture-unusual-jpeg = This JPEG is saved in a way that browsers do not show. Save it as an ordinary JPEG of 8 bits.
picture-broken = This picture is broken or incomplete.
need-amount = An amount above zero.
need-max = A max is not below the bid.
need-reserve = A reserve is not below the opening price.
need-buy-now = A buy-now price is not below the opening price or the reserve.
need-closes = From 5 seconds to one year ahead.
need-soft-close = Seconds above zero, in each of the three.
closes-skipped = The clocks are put forward over that time; it does not exist.
amount-empty = Please give an amount.
amount-not-a-number = Write an amount such as { $example }.
amount-whole-only = Whole amounts only, without decimals.
amount-decimals = At most { $n } digits after the point.
amount-out-of-range = This amount is too small or too large.

## Said once after something was done
done-joined = Welcome! You are logged in.
done-logged-in = You are logged in.
done-logged-out = You are logged out.
done-bid = Your bid stands.
done-bid-leading = You lead.
done-bid-outbid = Your bid counted, but another’s max is higher.
done-bought = It is yours.
done-listed = It is listed.
done-cancelled = The listing is cancelled.

## For the script
live-on = live
live-off = reconnecting…
clock-bound = ± %ms ms
script-n-bids = %n bids
script-one-bid = 1 bid
script-at-least = At least %minimum
script-outbid = You have been outbid. It stands at %price.
script-leading = You lead, with a max of %max.
script-won = You won!
script-say-price = %bidder bids %price.
script-say-left = %left left.
script-sold-to = Sold to %winner for %hammer.
script-closed-unsold = Not sold.
script-closed-cancelled = Cancelled.
script-confirm-max = Max bid: %max
script-confirm-go = Bid %amount
script-accepted = Your bid of %amount stands.
script-countdown-days = %d d %rest
script-new-listings = New listings: show them
script-full-time = %day %month %year, %time %zone
script-proof-checking = Recomputing… %n links so far.
script-proof-agrees = The chain agrees: %n links recomputed, %bids of them bids. Its head is %head
script-proof-departs = The chain departs at %place: %why
script-proof-broken = The chain could not be read. Please load the page again.
script-proof-why-hash = its hash does not follow from the link before it and its content.
script-proof-why-join = its page does not begin where the one before it ended.
script-proof-why-order = it does not belong there.
script-proof-why-head = it ends with another hash than the house names.
script-receipt-unreadable = This is no receipt. A receipt begins with auction-receipt:
script-receipt-other-listing = This receipt is of listing %listing.
script-receipt-no-such-bid = There is no bid %seq in the history; it has %n.
script-receipt-other-hash = Bid %seq stands in the history with another hash: this is not the history in which you bid.
script-receipt-wrong-max = Bid %seq stands in the history, but its commitment does not open to the max that the receipt names.
script-receipt-stands = Bid %seq stands in the history with this hash.
script-receipt-opens = Bid %seq stands in the history with this hash, and its commitment opens to your max.
script-receipt-unproven = The chain departs before bid %seq: nothing can be said of this receipt.
script-extended = Extended: it now closes at %time.

## Watching, paper, preview
watch = Watch
sheet-link = Sheet to print
sound = Sound
spark-label = The price, from the opening to now
code-label = Scan to bid
print = Print
invoice-title = Invoice { $n }
invoice-reversed = This sale was reversed; the money was given back.
invoice-date = Date
invoice-buyer = Buyer
invoice-total = Total
invoice-paid = Paid from the buyer’s account with the house.
invoice-link = Invoice
price-from = Price from
price-to = Price to
show-label = Which listings
show-all = All
show-ending = Ending soon
show-no-bids = No bids yet
show-watched = Watchlist
show-mine = Mine
empty-watched = You watch nothing yet. Press “Watch” on a listing.
empty-mine = You have neither bid nor listed anything yet.
preview-title = Preview
preview-go = Preview
preview-change = Not right yet? Change it below.
pictures-kept = Your pictures are kept. Untick one to leave it out, choose more to add them.
pictures-label = Pictures
picture-nth = picture { $n } of { $of }
picture-show = Show picture { $n }
picture-keep = Keep picture { $n }
about-house = { $house }: things to bid on, live, with the countdown of the house’s own clock.
label-category = Category
category-hint = People find it by this. Choose one, or write a new one.
need-category = At most 40 characters, one line.
categories-label = Categories
categories-all = All categories
done-watched = It is on your watchlist.
done-unwatched = It is off your watchlist.

## Mails
mail-greeting = Hello { $name },
mail-subject-outbid = Outbid: listing { $listing }
mail-subject-won = You won: listing { $listing }
mail-subject-sold = Sold: listing { $listing }
mail-subject-unsold = Not sold: listing { $listing }
mail-subject-cancelled = Cancelled: listing { $listing }
mail-subject-extended = New close: listing { $listing }
mail-subject-funds = Your account: { $available } available
mail-subject-more = { $first }, and { $n } more
mail-outbid = You have been outbid on “{ $title }”.
mail-stands = It stands at { $price }; the next bid starts at { $minimum }.
mail-closes = It closes on { $at }.
mail-has-ended = It has ended meanwhile.
mail-won = You won “{ $title }”.
mail-paid = { $total } was taken from your account.
mail-sold = “{ $title }” was sold for { $hammer }.
mail-earned = { $amount } is in your account.
mail-commission = after a commission of { $commission }
mail-unsold = “{ $title }” has ended.
mail-released = What was held for it is available to you again.
mail-cancelled = “{ $title }” was cancelled: { $why }
mail-extended = The close of “{ $title }” was moved.
mail-funds = Your account: { $available } available, of a balance of { $balance }.
mail-choose = Which of these mails you get, you choose on your account’s page.
mail-choose-at = Which of these mails you get, you choose here: { $url }

## Which mails one gets
choose-title = Mails
choose-none = This house sends no mails at present. What you choose holds once it does.
choose-kinds = Write to me when
choose-outbid = I am outbid
choose-won = I win
choose-sold = a thing of mine is sold
choose-unsold = a thing that I sell or lead is not sold
choose-cancelled = a thing that I sell or lead is cancelled
choose-extended = the close of a thing that I sell or bid on is moved
choose-funds = money is paid in or out, or a sale is put right
choose-language = Language
choose-go = Save
done-chosen = Your choice of mails is kept.
