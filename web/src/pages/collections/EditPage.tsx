export default function EditPage({ name }: { name: string }) { return <div className="page"><h1>{name}</h1></div>; }
