package demo

import "time"

// What the shop sells, who comes, and what breaks. Addresses are those set aside for
// documentation.

type item struct {
	name  string
	pence int
}

var items = []item{
	{"oak stool", 5900},
	{"linen apron", 2450},
	{"bread knife", 3899},
	{"flour sieve", 1290},
	{"rye flour 5 kg", 1175},
	{"cast iron pan", 6400},
	{"tea towel", 850},
	{"dough scraper", 640},
	{"proving basket", 1995},
	{"mill stone", 24900},
	{"hand mill", 18900},
	{"honey jar", 720},
}

var (
	terms     = []string{"knife", "flour", "mill", "stool", "pan+cast+iron", "towel", "apron", "basket"}
	networks  = []string{"203.0.113.", "198.51.100.", "192.0.2."}
	referrers = []string{"", "", "https://www.google.com/", "https://duckduckgo.com/", "https://news.example/bread"}
	holes     = []string{"/wp-login.php", "/.env", "/admin/config.php", "/.git/config", "/phpmyadmin/"}
	browsers  = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
	}
)

const crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

var workers = []struct {
	name string
	pid  int
	text string
}{
	{"mailer", 2231, "confirmation sent"}, {"stock", 2234, "stock reserved"}, {"invoice", 2240, "invoice written"},
}

var causes = []cause{
	{
		paths: []string{"/checkout"}, share: 0.85, status: 504, took: 10 * time.Second, logger: "shop.checkout",
		kind: "PaymentTimeout", message: "the payment provider did not answer within 10s",
		trace: "\tat shop.payment.Client.charge(Client.java:118)\n\tat shop.checkout.Checkout.pay(Checkout.java:64)\n" +
			"\tat shop.web.CheckoutHandler.post(CheckoutHandler.java:41)\nCaused by: java.net.SocketTimeoutException: Read timed out\n" +
			"\tat shop.payment.Connection.read(Connection.java:203)\n\t... 12 more",
		worker: "payment is not confirmed yet",
	},
	{
		paths: []string{"/cart", "/checkout", "/login", "/item"}, share: 0.4, status: 500, took: 5 * time.Second, logger: "shop.db",
		kind: "PoolExhausted", message: "no database connection within 5s (20 of 20 in use)",
		trace: "\tat shop.db.Pool.borrow(Pool.java:77)\n\tat shop.db.Session.open(Session.java:30)\n\tat shop.cart.CartStore.load(CartStore.java:52)\n" +
			"\tat shop.web.Router.dispatch(Router.java:96)",
		worker: "no database connection",
	},
	{
		paths: []string{"/search", "/item", "/"}, share: 0.3, status: 502, took: 20 * time.Millisecond, logger: "shop.web",
		kind: "UpstreamReset", message: "catalogue-2 closed the connection",
		trace: "\tat shop.catalogue.Client.get(Client.java:88)\n\tat shop.web.ItemHandler.get(ItemHandler.java:29)\n" +
			"Caused by: java.io.EOFException: connection closed by peer\n\tat shop.net.Frame.read(Frame.java:41)\n\t... 9 more",
		worker: "catalogue-2 is restarting",
	},
}
