// Before the first paint: the theme that was chosen here, so that a dark console never flashes white.
try {
  const theme = localStorage.getItem("bida.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {}
