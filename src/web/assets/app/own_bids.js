// The account's tab of bids: an item moves between "Outbid" and "Leading", and leaves when it has ended.

function moveOwnBid(name, { listing, leader_id }) {
  const row = one(`[data-standings] [data-listing="${listing}"]`);
  if (!row) return;
  const moves = name === "bid" ? (leader_id === page.me) !== (row.dataset.mine === "leading") : ["settled", "cancelled"].includes(name);
  if (moves) refreshSoon("[data-standings]");
}
