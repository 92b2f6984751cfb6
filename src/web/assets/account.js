// An address such as /account#mail, from an old mail, leads on to the tab that holds the section.

function leadOn() {
  const place = location.hash && document.getElementById(location.hash.slice(1));
  const tab = place && place.closest("a[data-tab]");
  if (tab) location.replace(tab.href + location.hash);
}

leadOn();
addEventListener("hashchange", leadOn);
